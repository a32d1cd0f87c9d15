"""The permission table as the server holds it. `May` and permissions.toml say the same, which a test keeps true."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any


class Role(StrEnum):
    NETWORK_ADMINISTRATOR = "network_administrator"
    REGIONAL_ADMINISTRATOR = "regional_administrator"
    HOSPITAL_ADMINISTRATOR = "hospital_administrator"
    HOSPITAL_MANAGER = "hospital_manager"
    DOCTOR = "doctor"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    LABORATORY_TECHNICIAN = "laboratory_technician"
    RECEPTIONIST = "receptionist"
    PATIENT = "patient"


ROLE_WORDS = {role: role.value.replace("_", " ").capitalize() for role in Role}


class May(StrEnum):
    """Everything a route can ask for."""

    SEARCH_PATIENTS = "search_patients"
    READ_PATIENT = "read_patient"
    READ_CHART = "read_chart"
    REGISTER_PATIENT = "register_patient"
    CHANGE_PATIENT = "change_patient"
    RECORD_ALLERGY = "record_allergy"
    ADMIT_PATIENT = "admit_patient"
    CHANGE_STAY = "change_stay"
    DISCHARGE_PATIENT = "discharge_patient"
    READ_WARD = "read_ward"
    MOVE_PATIENT = "move_patient"
    CLEAN_BED = "clean_bed"
    CLOSE_BED = "close_bed"
    RECORD_OBSERVATIONS = "record_observations"
    READ_NOTES = "read_notes"
    WRITE_NOTE = "write_note"
    COSIGN_NOTE = "cosign_note"
    RECORD_PROBLEM = "record_problem"
    RECORD_PROCEDURE = "record_procedure"
    PRESCRIBE_SPO2_SCALE = "prescribe_spo2_scale"
    ORDER_TESTS = "order_tests"
    COLLECT_SPECIMEN = "collect_specimen"
    WORK_IN_LABORATORY = "work_in_laboratory"
    RELEASE_RESULTS = "release_results"
    SET_LABORATORY_LIMITS = "set_laboratory_limits"
    PRESCRIBE = "prescribe"
    VERIFY_MEDICINE = "verify_medicine"
    DISPENSE_MEDICINE = "dispense_medicine"
    READ_STOCK = "read_stock"
    WORK_IN_STOCK = "work_in_stock"
    SET_UP_STORES = "set_up_stores"
    SUPPLY_WARD = "supply_ward"
    WITNESS_CONTROLLED = "witness_controlled"
    GIVE_MEDICINE = "give_medicine"
    SET_ROUND_TIMES = "set_round_times"
    KEEP_MEDICINE_RULES = "keep_medicine_rules"
    REVIEW_MEDICINE_RULES = "review_medicine_rules"
    READ_TASKS = "read_tasks"
    ACKNOWLEDGE_TASK = "acknowledge_task"
    ANSWER_AS_DOCTOR = "answer_as_doctor"
    READ_AUDIT = "read_audit"
    READ_MEASURES = "read_measures"
    MANAGE_NETWORK = "manage_network"
    MANAGE_WARDS = "manage_wards"
    MANAGE_STAFF = "manage_staff"
    READ_ROLES = "read_roles"
    READ_SERVICE = "read_service"


def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "permissions.toml").read_text(encoding="utf-8"))


SENTENCES: dict[May, str] = {May(name): row["sentence"] for name, row in _table().items()}
OF_ROLE: dict[str, frozenset[str]] = {
    role.value: frozenset(name for name, row in _table().items() if role.value in row["roles"]) for role in Role
}
