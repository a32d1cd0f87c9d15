"""Names of invented people: most by the frequencies of a census, some from the places where people also come from."""

from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

import names

from wardline.demo.dice import Dice

CensusFile = Literal["dist.all.last", "dist.female.first", "dist.male.first"]
FROM_ELSEWHERE_SHARE = 0.22
SECOND_GIVEN_SHARE = 0.3

# Family names, women's and men's given names that belong together.
ELSEWHERE: tuple[tuple[str, str, str], ...] = (
    ("Patel Shah Desai Mehta Joshi", "Asha Anjali Meera Nisha Kavita Priya", "Raj Sanjay Kiran Nikhil Vikram"),
    ("Khan Ahmed Hussain Malik Mahmood Iqbal", "Nadia Aisha Saira Farah Zainab", "Imran Tariq Bilal Yusuf Omar"),
    ("Okonkwo Adeyinka Oyelaran Okafor Eze", "Blessing Ngozi Temi Chioma Amara", "Emeka Tunde Chidi Femi Obinna"),
    ("Boateng Mensah Owusu Asante", "Efua Abena Akosua Ama", "Kwame Kofi Yaw Kojo"),
    ("Nowak Kowalski Wójcik Lewandowski Zieliński", "Irena Agnieszka Ewa Magda", "Piotr Marek Tomasz Jacek"),
    ("Nguyen Tran Pham Le", "Linh Mai Huong Thao", "Minh Tuan Hung Duc"),
    ("Chen Wang Li Zhang Liu", "Mei Xiu Lan Jing", "Wei Jun Ming Hao"),
    ("Singh Kaur Gill Dhillon", "Harpreet Jaswinder Manjit Simran", "Gurpreet Baljit Amrit Harjit"),
    ("Ferrari Rossi Conti Greco", "Lucia Giulia Chiara Paola", "Marco Luca Paolo Enzo"),
    ("Silva Santos Mendes Costa", "Inês Beatriz Rita Lúcia", "Rui Tiago João Nuno"),
    ("MacDonald McLeod Fraser Sinclair Stewart", "Moira Ailsa Catriona Isla Fiona", "Hamish Angus Callum Fergus"),
    ("Byrne O'Neill Walsh Doyle Gallagher", "Siobhan Aoife Niamh Maeve", "Brendan Declan Cormac Eoin"),
    ("Davies Evans Pritchard Griffiths", "Rhian Gwen Carys Sian", "Gareth Rhys Huw Dylan"),
    ("Lindqvist Andersen Nilsen Larsson", "Ingrid Astrid Karin Signe", "Erik Lars Anders Nils"),
    ("Haddad Nasser Khoury Aziz", "Layla Samira Rana Huda", "Karim Sami Ziad Tarek"),
    ("Popescu Ionescu Dumitru", "Elena Ioana Mihaela", "Andrei Mihai Radu"),
)


@cache
def census(file: CensusFile) -> tuple[list[str], list[float]]:
    """Names as people write them, the commonest first, with their shares added up."""
    lines = [line.split() for line in (Path(names.__file__).parent / file).read_text().splitlines()]
    shares = [max(float(line[1]), 0.0004) for line in lines]
    return [written(line[0]) for line in lines], list(accumulate(shares))


def written(capitals: str) -> str:
    """A census name as people write it: MCDONALD is McDonald, OBRIEN is O'Brien."""
    name = capitals.capitalize()
    if name.startswith("Mc") and len(name) > 4:
        return "Mc" + name[2:].capitalize()
    if name.startswith("Macd") or name in {"Mackenzie", "Macleod", "Macgregor", "Macintyre", "Macmillan"}:
        return "Mac" + name[3:].capitalize()
    if name[:3] in {"Obr", "Oco", "Odo", "Oha", "Oke", "One", "Ore", "Osh", "Osu"} and len(name) > 5:
        return "O'" + name[1:].capitalize()
    return name


def person_name(dice: Dice, sex: str) -> tuple[str, str]:
    """Family and given name of somebody."""
    if dice.chance(FROM_ELSEWHERE_SHARE):
        families, women, men = dice.one_of(ELSEWHERE)
        return dice.one_of(families.split()), dice.one_of((women if sex == "female" else men).split())
    file: CensusFile = "dist.female.first" if sex == "female" else "dist.male.first"
    given = dice.weighted(*census(file))
    if dice.chance(SECOND_GIVEN_SHARE):
        given = f"{given} {dice.weighted(*census(file))}"
    return dice.weighted(*census("dist.all.last")), given
