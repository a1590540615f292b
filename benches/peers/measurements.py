"""The measurements by name, in the order in which they run. Each adds its rows to the report."""

from cold import scattered, sweep
from example import openslide
from fields import fields
from iiif import iiif
from memory import memory
from pixels import correctness
from warm import warm

MEASUREMENTS = {
    "correctness": correctness,
    "sweep": sweep,
    "scattered": scattered,
    "warm": warm,
    "fields": fields,
    "iiif": iiif,
    "memory": memory,
    "openslide": openslide,
}
