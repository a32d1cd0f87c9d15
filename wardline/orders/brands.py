"""Brands that say more than their drug: the form, the route or the strength. What they say stays in the order.

A brand that is one form of its drug must never be read as the plain one: a mixed insulin is not the rapid one.
"""

from wardline.orders.drugs import normal

_FORMS = {
    "oxycontin": "modified release", "mst": "modified release", "mst continus": "modified release",
    "ms contin": "modified release", "zomorph": "modified release", "advagraf": "modified release",
    "prograf": "immediate release", "adoport": "immediate release", "ambisome": "liposomal", "fungizone": "conventional",
    "caelyx": "pegylated liposomal", "adriamycin": "conventional", "onivyde": "liposomal", "liposomal irinotecan": "liposomal",
    "oramorph": "immediate release", "sevredol": "immediate release", "oxynorm": "immediate release",
    "roxicodone": "immediate release", "endone": "immediate release", "priadel": "modified release", "lithobid": "modified release",
    "uniphyllin": "modified release", "theo-24": "modified release", "exparel": "liposomal", "camptosar": "conventional", "campto": "conventional", "carbatrol": "modified release",
    "equetro": "modified release", "mydayis": "modified release", "adzenys": "modified release", "slow fe": "modified release",
    "kapvay": "modified release", "dexedrine spansule": "modified release", "concerta": "modified release",
    "proquin": "modified release", "monomil xl": "modified release", "xigduo xr": "modified release",
    "macrobid": "modified release", "imdur": "modified release", "asasantin retard": "modified release", "ecotrin": "gastro-resistant", "ery tab": "gastro-resistant",
    "isophane insulin": "isophane", "nph insulin": "isophane", "humulin n": "isophane", "novolin n": "isophane",
    "humulin i": "isophane", "insulin isophane": "isophane", "insulin nph": "isophane", "isophane": "isophane", "insuman basal": "isophane",
    "insulatard": "isophane", "humulin m3": "biphasic 30", "mixtard 30": "biphasic 30", "mixtard 30/70": "biphasic 30", "novomix 30": "biphasic 30", "novolog mix": "biphasic 30",
    "humalog mix25": "biphasic 25", "humalog mix 25": "biphasic 25", "humalog mix 50": "biphasic 50", "humalog mix 75/25": "biphasic 25", "humalog mix50": "biphasic 50",
}  # fmt: skip
_ROUTES = {
    "daytrana": "transdermal", "durogesic": "transdermal", "duragesic": "transdermal", "butrans": "transdermal", "ozempic": "subcutaneous", "wegovy": "subcutaneous", "lidoderm": "transdermal", "transderm scop": "transdermal", "vivitrol": "intramuscular",
    "diastat": "rectal", "adasuve": "inhaled", "retin-a": "topical", "protopic": "topical", "elocon": "topical", "elocom": "topical",
    "pred forte": "ocular", "maxidex": "ocular", "ciloxan": "ocular",
}  # fmt: skip
_STRENGTHS = {
    "bactrim ds": "800/160", "septra ds": "800/160", "tylenol #2": "15/300", "tylenol #3": "30/300", "tylenol no. 3": "30/300",
    "tylenol #4": "60/300", "normal saline": "0.9 %", "toujeo": "300 units/ml",
}  # fmt: skip
# What each brand, by its normal name, says of the fields of a line.
SAYS: dict[str, dict[str, object]] = {}
for _field, _brands in (("form", _FORMS), ("route", _ROUTES), ("strength", _STRENGTHS)):
    for _brand, _said in _brands.items():
        SAYS.setdefault(normal(_brand), {})[_field] = _said
