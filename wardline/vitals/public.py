"""What other slices use of vitals: the observation sets that an import brings."""

from wardline.vitals.bulk import ObservationSetRecord, add_observation_sets

__all__ = ["ObservationSetRecord", "add_observation_sets"]
