"""The phases of a soak test by name, in the order in which they run."""

from changing_pack import changing_pack
from disk_faults import disk_faults
from many_packs import many_packs
from overload import cold_clients, slow_clients
from shutdown import stop_under_load
from walk import walk

PHASES = {
    "walk": walk,
    "cold": cold_clients,
    "slow": slow_clients,
    "storm": changing_pack,
    "disk": disk_faults,
    "many": many_packs,
    "stop": stop_under_load,
}
