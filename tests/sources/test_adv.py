import pytest

from klimastep.errors import InputError
from klimastep.sources._adv import epsg_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016", ("EPSG:25832", "EPSG:7837")),
        ("urn:adv:crs:ETRS89_UTM33*DE_DHHN2016_NH", ("EPSG:25833", "EPSG:7837")),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", ("EPSG:25832", "EPSG:5783")),
        ("urn:adv:crs:ETRS89_UTM32", ("EPSG:25832", None)),
        ("urn:adv:crs:DE_DHDN_3GK3_BW100", ("EPSG:31467", None)),
        ("urn:ogc:def:crs:EPSG::25833", ("EPSG:25833", None)),
        ("urn:ogc:def:crs:EPSG:6.12:25832", ("EPSG:25832", None)),
        ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::7837", ("EPSG:25832", "EPSG:7837")),
        ("http://www.opengis.net/def/crs/EPSG/0/25832", ("EPSG:25832", None)),
        ("http://www.opengis.net/gml/srs/epsg.xml#25832", ("EPSG:25832", None)),
        ("EPSG:25832", ("EPSG:25832", None)),
    ],
)
def test_names_of_offices(name, expected):
    assert epsg_of(name) == expected


@pytest.mark.parametrize("name", ["urn:adv:crs:ETRS89_UTM99", "Mein System", ""])
def test_unknown_name_is_refused_with_a_hint(name):
    with pytest.raises(InputError, match=r"tile\.gml: unknown coordinate system.*source_crs"):
        epsg_of(name, "tile.gml")
