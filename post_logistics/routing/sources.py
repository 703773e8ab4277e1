"""Where road distances come from: a routing server, a road graph, or the estimate. The first that answers counts."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from post_logistics.routing.matrix import Degrees, RoadDistances
from post_logistics.routing.problem import UNREACHABLE, Matrix
from post_logistics.routing.roads import RoadGraph, road_distances
from post_logistics.routing.servers import RoutingServer, ServerFailed, server_matrix

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoadSources:
    """What a deployment knows of the roads: a server, a graph, both or neither. Ways found along the graph are kept in
    ``cache_dir``; what a server says is not, for its map may change."""

    server: RoutingServer | None = None
    graph: RoadGraph | None = None
    cache_dir: Path | None = None

    def distances(self, lat_deg: Degrees, lon_deg: Degrees, estimate_m: Matrix) -> RoadDistances:
        """The distances between n points. ``estimate_m``, (n, n), counts where no source knows a way.

        A server that fails is passed over with a warning. Two points to which it gives no distance lie at one spot of
        the road, of which it knows nothing.
        """
        if self.server is not None:
            try:
                by_road = server_matrix(self.server, lat_deg, lon_deg)
                unknown = (by_road.distance_m == 0) | (by_road.distance_m == UNREACHABLE)
                return by_road.with_estimates(unknown, estimate_m)
            except ServerFailed as failure:
                instead = "straight lines" if self.graph is None else "ways along the road graph"
                _log.warning("routing server (%s): %s; %s count instead", self.server.kind, failure, instead)
        if self.graph is not None:
            return road_distances(self.graph, lat_deg, lon_deg, estimate_m, self.cache_dir)
        nothing = RoadDistances(estimate_m, None, np.zeros(estimate_m.shape, np.bool_))
        return nothing.with_estimates(~nothing.estimated, estimate_m)
