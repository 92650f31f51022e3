"""Street names of the usual kinds, each given once."""

from __future__ import annotations

from dataclasses import dataclass, field

from klimastep.sample.plane import Dice
from klimastep.sample.quarters import STREETS


def _named(words: str, ending: str) -> tuple[str, ...]:
    return tuple(f"{word}{ending}" for word in words.split())


NAMES: dict[str, tuple[str, ...]] = {
    "core": ("Marktstraße",)
    + _named(
        "Kirch Färber Gerber Metzger Schmied Küfer Seiler Weber Schul Tor Bad Bäcker Brunnen Hafner Spital Kloster "
        "Zehnt Rathaus Kronen Adler Ochsen Lamm Rosen Kauf Mauer Turm Hirsch Salz Kornhaus Hinter Apotheker Münz Vogt",
        "gasse",
    ),
    "poets": _named(
        "Schiller Goethe Uhland Mörike Hölderlin Lessing Kerner Hauff Wieland Herder Hebel Kleist Eichendorff Mozart "
        "Beethoven Bach Haydn Schubert Silcher Bismarck Olga Karl Wilhelm Friedrich Charlotten Garten Linden",
        "straße",
    ),
    "birds": _named(
        "Amsel Drossel Finken Meisen Lerchen Schwalben Star Zeisig Spatzen Kuckuck Rotkehlchen Nachtigallen Stieglitz "
        "Elstern Falken Bussard Reiher Storchen Sperber Kiebitz Wachtel Dohlen Specht Zaunkönig",
        "weg",
    ),
    "towns": tuple(
        f"{name} Straße"
        for name in _named(
            "Dresdn Leipzig Erfurt Weimar Jena Görlitz Rostock Danzig Breslau Königsberg Stettin Tilsit Brünn Berlin "
            "Magdeburg Potsdam Chemnitz Zwickau Gera Karlsbad Eisenach Stralsund Wismar",
            "er",
        )
    ),
    "trees": _named(
        "Ahorn Birken Buchen Eichen Erlen Eschen Kiefern Lärchen Tannen Ulmen Kastanien Nussbaum Kirsch Apfel Birnbaum "
        "Holunder Hasel Schlehen Weißdorn Weinberg Rebhalden Trauben Sonnen Höhen Hang Aussichts",
        "weg",
    ),
    "flowers": _named(
        "Tulpen Nelken Rosen Lilien Dahlien Veilchen Primel Astern Flieder Jasmin Lavendel Malven Mohn Enzian Krokus "
        "Narzissen Iris Anemonen Ginster Arnika Salbei Thymian Kamillen Margeriten Kornblumen",
        "weg",
    ),
    "engineers": _named(
        "Daimler Bosch Diesel Siemens Zeppelin Otto Benz Röntgen Maybach Gutenberg Liebig Planck Ohm Hertz Fraunhofer "
        "Kepler Wankel Lilienthal Borsig Voith",
        "straße",
    ),
}
STEMS = _named(
    "Acker Hof Feld Garten Brühl Kelter Wasen Hecken Steig Quellen Rain Burg Linden Mühl Kapellen Ziegel Schäfer Jäger "
    "Förster Brunnen Halden Breiten",
    "",
)
LEADS = ("", "Ober", "Unter", "Neu", "Alt", "Klein", "Groß", "Vorder")
ENDINGS = ("weg", "straße", "ring", "gasse", "pfad", "steig", "platz", "winkel")


@dataclass
class Namer:
    """Hands out each street name once."""

    dice: Dice
    given: set[str] = field(default_factory=lambda: set(STREETS))

    def __call__(self, theme: str) -> str:
        """Return an unused name of a theme, or one put together when the theme is used up."""
        free = [n for n in NAMES[theme] if n not in self.given]
        made = (f"{a}{b.lower() if a else b}{c}" for a in LEADS for b in STEMS for c in ENDINGS)
        name = self.dice.pick(free) if free else next(n for n in made if n not in self.given)
        self.given.add(name)
        return name
