"""What does a column mean in the world's words, in which unit is it shown, and how is that described? (IEC 61360)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from tundish.aas.elements import Words, element, reference, texts
from tundish.aas.names import LONGEST_NAME, clean, id_short, slug
from tundish.aas.package import Json
from tundish.table import Column, Kind, Table
from tundish.vocabulary import Catalogue, Concept, Unit, parse_unit

REFERENCE = "aasx"
"""Area of concepts that a reference model brought, and the beginning of the keys of its identifiers."""
DATA_SPECIFICATION = "https://admin-shell.io/DataSpecificationTemplates/DataSpecificationIec61360/3/0"
UCUM = "http://unitsofmeasure.org#"
"""The system of units, as HL7 names it; the code stands behind it."""
VALUE_TYPES: Mapping[Kind, str] = {
    "number": "xs:double",
    "category": "xs:string",
    "time": "xs:dateTime",
    "identity": "xs:string",
    "text": "xs:string",
}
_DATA_TYPES: Mapping[Kind, str] = {
    "number": "REAL_COUNT",
    "category": "STRING",
    "time": "TIMESTAMP",
    "identity": "STRING",
    "text": "STRING",
}
_NOT_CONFIRMED: Words = {
    "ko": "단위가 파일에 적혀 있지 않아 확인이 필요합니다. 값은 파일에 적힌 그대로입니다.",
    "en": "The file does not state the unit; it is to be confirmed. Values are as written in the file.",
}
_NO_CONCEPT: Words = {
    "ko": "용어집에 대응하는 개념이 정해지지 않은 공장 고유 항목입니다.",
    "en": "An item of this plant for which no concept of the vocabulary is settled.",
}


@dataclass(frozen=True)
class Meaning:
    """What a column is to a reader of the AAS: ids, names, and how a value of the table is shown."""

    ids: tuple[str, ...]
    """Semantic id, then what means the same."""
    words: Words
    kind: Kind
    concept: Concept | None
    confirmed: bool
    """False: the concept is known, but nobody said the unit; values stand as in the file."""
    unit: str | None = None
    """As a plant writes it."""
    ucum: str | None = None
    factor: float = 1.0
    offset: float = 0.0

    @property
    def value_type(self) -> str:
        """XSD type of a value."""
        return VALUE_TYPES[self.kind]

    def shown(self, value: float) -> float:
        """A value of the table in the unit of the AAS."""
        return (value - self.offset) / self.factor


@dataclass(frozen=True)
class Meanings:
    """What the columns of one plant mean."""

    catalogue: Catalogue
    plant: str

    def of(self, column: Column) -> Meaning:
        """The concept's own id and unit where concept and unit are sure; else an id of this plant that names the concept."""
        if column.concept is None or column.concept not in self.catalogue:
            return self._of_plant(column, None)
        concept = self.catalogue.concept(column.concept)
        if concept.kind == "number" and concept.unit is not None and column.unit is None:
            return self._of_plant(column, concept)
        return of_concept(concept, column.kind)

    @cached_property
    def prefix(self) -> str:
        """What ids of this plant begin with."""
        return f"urn:tundish:plant:{slug(self.plant)}"

    def _of_plant(self, column: Column, concept: Concept | None) -> Meaning:
        place = f"{column.origin.file}\n{column.origin.sheet or ''}\n{column.header}\n{column.name}"
        own = f"{self.prefix}:column:{sha256(place.encode()).hexdigest()[:16]}"
        known = column.unit is not None
        return Meaning(
            ids=(own, *(_ids(concept) if concept else ())),
            words=_words(concept) if concept else {"ko": column.header},
            kind=column.kind,
            concept=concept,
            confirmed=concept is None,
            unit=column.unit_read if known else None,
            ucum=None,
            factor=column.factor if known else 1.0,
            offset=column.offset if known else 0.0,
        )


def of_concept(concept: Concept, kind: Kind | None = None) -> Meaning:
    """What a concept means, its values in the unit that a plant usually shows."""
    unit = _shown_in(concept)
    return Meaning(
        ids=_ids(concept),
        words=_words(concept),
        kind=kind or concept.kind,
        concept=concept,
        confirmed=True,
        unit=unit.label if unit else None,
        ucum=unit.ucum if unit else None,
        factor=unit.factor if unit else 1.0,
        offset=unit.offset if unit else 0.0,
    )


def described(tables: Iterable[Table], meanings: Meanings) -> list[Json]:
    """A concept description for everything that a column means, each once, in Korean and English."""
    made: dict[str, Json] = {}
    for table in tables:
        for column in table.columns:
            meaning = meanings.of(column)
            if meaning.concept is not None:
                general = of_concept(meaning.concept)
                made.setdefault(general.ids[0], _description(general))
            made.setdefault(meaning.ids[0], _description(meaning, column))
    return [made[identity] for identity in sorted(made)]


def _description(meaning: Meaning, column: Column | None = None) -> Json:
    of_plant = column if meaning.ids[0].rpartition(":column:")[1] else None
    concept = meaning.concept
    name = id_short(of_plant.header if of_plant else concept.id.replace(".", "_") if concept else "Concept")
    return element(
        "ConceptDescription",
        name,
        words={language: clean(text, LONGEST_NAME) for language, text in meaning.words.items()},
        id=meaning.ids[0],
        description=texts(_definition(meaning, of_plant), 1023),
        embeddedDataSpecifications=[_specification(meaning, of_plant)],
        isCaseOf=[found for one in meaning.ids[1:] if (found := reference(one))],
    )


def _specification(meaning: Meaning, column: Column | None) -> Json:
    """IEC 61360: a preferred name and a definition in English must stand there (AASc-3a-002, -008)."""
    data_type = _DATA_TYPES[meaning.kind]
    unit = meaning.ucum or meaning.unit
    if data_type == "REAL_COUNT" and unit:
        data_type = "REAL_MEASURE"
    names = {"en": meaning.words.get("en") or id_short(meaning.words.get("ko", "")), **meaning.words}
    content: Json = {"modelType": "DataSpecificationIec61360", "preferredName": texts(names, 255)}
    if unit:
        content["unit"] = clean(unit)
    unit_id = _unit_id(meaning)
    if unit_id:
        content["unitId"] = unit_id
    content |= {"dataType": data_type, "definition": texts(_definition(meaning, column), 1023)}
    return {"dataSpecification": reference(DATA_SPECIFICATION), "dataSpecificationContent": content}


def _definition(meaning: Meaning, column: Column | None) -> Words:
    concept = meaning.concept
    if concept is None:
        return {"en": f"{_NO_CONCEPT['en']} ({_header(column)})", "ko": f"{_NO_CONCEPT['ko']} ({_header(column)})"}
    said = {"en": concept.definition_en or concept.name_en, "ko": concept.definition_ko or concept.name_ko}
    if meaning.confirmed:
        return said
    return {language: f"{text} {_NOT_CONFIRMED[language]} ({_header(column)})" for language, text in said.items()}


def _header(column: Column | None) -> str:
    return clean(column.header, 200) if column else "-"


def _unit_id(meaning: Meaning) -> Json | None:
    """The unit by reference: QUDT where it is the unit shown, else its UCUM code."""
    concept = meaning.concept
    if concept and meaning.ucum and meaning.ucum == concept.unit and concept.qudt_unit_iri:
        return reference(concept.qudt_unit_iri)
    return reference(UCUM + slug(meaning.ucum)) if meaning.ucum and not meaning.ucum.startswith("{") else None


def _ids(concept: Concept) -> tuple[str, ...]:
    """Our identifier, then what means the same and is an identifier by itself: a bare field code is none.

    What only a reference model knows goes by the model's own identifier: ours would not be the same in another plant.
    """
    same = tuple(one for key, one in concept.same_as.items() if key.startswith(REFERENCE) or "#" in one or ":" in one)
    return same if same and concept.area == REFERENCE else (concept.iri, *same)


def _words(concept: Concept) -> Words:
    return {"ko": concept.name_ko, "en": concept.name_en}


def _shown_in(concept: Concept) -> Unit | None:
    return parse_unit(concept.plant_unit, concept.quantity) if concept.plant_unit else None
