"""How it travels: distances, the office of each area, runs between offices, and the tours of the last mile. Knows no
database.

What a day asks, and what it gets

- problem: stops, vehicles and matrices, frozen and sound, or every contradiction
- plan: tours, stops left out with their reasons, the cost by part
- check: the judge of plans, who shares no code with those who make them
- check_way: the judge's clock
- violation: what the judge can find

From the one to the other

- solve: a problem in, a plan out that the judge has seen
- ruin_recreate: the search: temperature, budget, several side by side
- decompose: the search of thousands of stops in parts
- or_tools: another search, to compare with
- doors: stops of one door as one call
- world: a problem as the arrays that the search works on
- state: tours in these arrays: made, filled, read out
- bound: a cost that no plan is below
- timing: when everything on a tour happens
- assemble: from tours in arrays to a plan
- reasons: why a stop was left out
- warming: everything compiled before a budget begins

The compiled search, arrays in and arrays out

- kernel.layout: how problem and tours lie in memory
- kernel.compiled: how functions are compiled
- kernel.anneal: the rounds
- kernel.ruin: strings of stops taken out
- kernel.places: where a stop costs least
- kernel.tails: two tours swap their tails
- kernel.moves: one link changed, with all that follows
- kernel.clock: the times of a tour, forward and backward
- kernel.loads: what is on board

During the day

- insertion: what one more stop costs
- replan: what has begun frozen, what was promised kept
- moving: a plan changed by hand

How far it is

- matrix: straight lines with a measured detour, doors known by their area
- sources: a server, a road graph or the estimate, the first that answers
- servers: OSRM, Valhalla, openrouteservice
- roads: a road graph and the ways along it
- road_files: road graphs from files
- shortest: shortest ways, compiled
- kept: arrays that take long to make, kept on disk

Between offices

- assignment: which office delivers what
- linehaul: which runs carry which parcels
- linehaul_plan: loads in, flows out
- linehaul_network: the timetable unrolled, and the cheapest ways through it
- linehaul_flow: parcels to ways, by a linear programme and then whole
- linehaul_check: the judge of line-haul plans
- bags: which bags are made up for which run
- promises: when a parcel is there, and how surely

In files

- documents: problems and plans as JSON
- instances: problems of the textbooks
- solutions: plans of the textbooks
- drawing: a plan as a picture or a page
"""
