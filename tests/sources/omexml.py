"""Writes OME-XML."""

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def channel(number, samples=1, name="", colour=None):
    """A channel; colours are (red, green, blue)."""
    more = f' Name="{name}"' if name else ""
    if colour is not None:
        red, green, blue = colour
        value = red << 24 | green << 16 | blue << 8 | 255
        more += f' Color="{value - (1 << 32) if value >= 1 << 31 else value}"'
    return f'<Channel ID="Channel:0:{number}" SamplesPerPixel="{samples}"{more}/>'


def document(
    array,
    c=1,
    z=1,
    t=1,
    kind="uint8",
    order="XYCZT",
    pixels="",
    channels=None,
    objective=None,
    tiff_data=None,
    prefix="",
):
    """The description of an image; `pixels` are more attributes of its Pixels."""
    height, width = array.shape[:2]
    samples = 1 if array.ndim == 2 else array.shape[2]
    if channels is None:
        channels = "".join(channel(number, samples) for number in range(c))
    if tiff_data is None:
        planes = c * z * t
        tiff_data = (
            "".join(
                f'<TiffData IFD="{number}" FirstC="{number % c}" FirstZ="{number // c % z}" '
                f'FirstT="{number // c // z}" PlaneCount="1"/>'
                for number in range(planes)
            )
            if order == "XYCZT"
            else f'<TiffData IFD="0" PlaneCount="{planes}"/>'
        )
    instrument, settings = "", ""
    if objective:
        lens = f'<Objective ID="Objective:0:0" NominalMagnification="{objective}"/>'
        instrument = f'<Instrument ID="Instrument:0">{lens}</Instrument>'
        settings = '<InstrumentRef ID="Instrument:0"/><ObjectiveSettings ID="Objective:0:0"/>'
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NAMESPACE}">{instrument}<Image ID="Image:0">{settings}'
        f'<Pixels ID="Pixels:0" DimensionOrder="{order}" Type="{kind}" SizeX="{width}" SizeY="{height}" '
        f'SizeC="{c * samples}" SizeZ="{z}" SizeT="{t}" {pixels}>{channels}{tiff_data}</Pixels></Image></OME>'
    )
    return _prefixed(xml, prefix) if prefix else xml


def _prefixed(xml, prefix):
    """With a prefix for the namespace."""
    head, body = xml.split("?>", 1)
    body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    return head + "?>" + body.replace("xmlns=", f"xmlns:{prefix}=")
