"""Where the post is: delivery offices, the gazetteer, addresses to offices, service areas, timetable."""
