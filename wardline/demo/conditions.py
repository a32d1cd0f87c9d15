"""What people come in with and live with, by specialty; names and codes of ICD-10-CM (public domain). Data, no chance."""

from msgspec import Struct


class Condition(Struct, frozen=True):
    """`words` is how a ward says it; `chest` and `fever` shape the observations that go with it."""

    words: str
    code: str
    display: str
    chest: float = 0.0
    fever: float = 0.0


COPD = Condition(
    "Exacerbation of COPD", "J44.1", "Chronic obstructive pulmonary disease with (acute) exacerbation", 0.9, 0.2
)
PNEUMONIA = Condition("Pneumonia", "J18.9", "Pneumonia, unspecified organism", 0.8, 0.9)
HEART_FAILURE = Condition("Heart failure", "I50.9", "Heart failure, unspecified", 0.6)
SEPSIS = Condition("Sepsis", "A41.9", "Sepsis, unspecified organism", 0.4, 1.0)
URINARY = Condition("Urinary tract infection", "N39.0", "Urinary tract infection, site not specified", 0.1, 0.7)
CELLULITIS = Condition("Cellulitis of the leg", "L03.116", "Cellulitis of left lower limb", 0.0, 0.6)
KIDNEY = Condition("Acute kidney injury", "N17.9", "Acute kidney failure, unspecified", 0.1, 0.1)
EMBOLISM = Condition("Pulmonary embolism", "I26.99", "Other pulmonary embolism without acute cor pulmonale", 0.7, 0.1)
STROKE = Condition("Stroke", "I63.9", "Cerebral infarction, unspecified", 0.1)
FALLS = Condition("Repeated falls", "R29.6", "Repeated falls")
DELIRIUM = Condition("Delirium", "F05", "Delirium due to known physiological condition", 0.1, 0.3)
ATRIAL = Condition("Fast atrial fibrillation", "I48.91", "Unspecified atrial fibrillation", 0.1)
BLEED = Condition("Gastrointestinal bleed", "K92.2", "Gastrointestinal hemorrhage, unspecified")
SYNCOPE = Condition("Collapse", "R55", "Syncope and collapse")
CHEST_PAIN = Condition("Chest pain", "R07.9", "Chest pain, unspecified")

BY_SPECIALTY: dict[str, tuple[Condition, ...]] = {
    "Acute medicine": (PNEUMONIA, SEPSIS, COPD, URINARY, CHEST_PAIN, SYNCOPE, EMBOLISM, CELLULITIS, KIDNEY, ATRIAL),
    "General surgery": (
        Condition(
            "Acute cholecystitis",
            "K80.00",
            "Calculus of gallbladder with acute cholecystitis without obstruction",
            0.0,
            0.5,
        ),
        Condition("Appendicectomy", "K35.80", "Unspecified acute appendicitis", 0.0, 0.5),
        Condition(
            "Diverticulitis",
            "K57.32",
            "Diverticulitis of large intestine without perforation or abscess without bleeding",
            0.0,
            0.5,
        ),
        Condition("Ventral hernia repair", "K43.9", "Ventral hernia without obstruction or gangrene"),
        Condition(
            "Bowel obstruction",
            "K56.609",
            "Unspecified intestinal obstruction, unspecified as to partial versus complete obstruction",
        ),
        Condition("Bowel resection", "C18.9", "Malignant neoplasm of colon, unspecified"),
    ),
    "Trauma and orthopaedics": (
        Condition(
            "Broken hip",
            "S72.001A",
            "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture",
            0.1,
        ),
        Condition(
            "Ankle fracture", "S82.891A", "Other fracture of right lower leg, initial encounter for closed fracture"
        ),
        Condition("Hip replacement", "M16.11", "Unilateral primary osteoarthritis, right hip"),
        Condition("Knee replacement", "M17.11", "Unilateral primary osteoarthritis, right knee"),
        FALLS,
    ),
    "Urology": (
        Condition("Kidney stone", "N20.0", "Calculus of kidney", 0.0, 0.4),
        Condition("Prostate surgery", "N40.1", "Benign prostatic hyperplasia with lower urinary tract symptoms"),
        Condition("Haematuria", "R31.9", "Hematuria, unspecified"),
        Condition("Prostate cancer", "C61", "Malignant neoplasm of prostate"),
        URINARY,
    ),
    "Cardiology": (
        Condition("NSTEMI", "I21.4", "Non-ST elevation (NSTEMI) myocardial infarction", 0.2),
        HEART_FAILURE,
        ATRIAL,
        Condition("Unstable angina", "I20.0", "Unstable angina", 0.1),
        Condition("Aortic stenosis", "I35.0", "Nonrheumatic aortic (valve) stenosis", 0.3),
        Condition("Ventricular tachycardia", "I47.20", "Ventricular tachycardia, unspecified", 0.1),
        Condition("Endocarditis", "I33.0", "Acute and subacute infective endocarditis", 0.2, 0.8),
    ),
    "General medicine": (PNEUMONIA, URINARY, CELLULITIS, KIDNEY, SYNCOPE, DELIRIUM, HEART_FAILURE, SEPSIS, FALLS),
    "Gastroenterology": (
        BLEED,
        Condition(
            "Acute pancreatitis", "K85.90", "Acute pancreatitis without necrosis or infection, unspecified", 0.2, 0.5
        ),
        Condition("Cirrhosis with ascites", "K70.31", "Alcoholic cirrhosis of liver with ascites", 0.2),
        Condition("Crohn's flare", "K50.90", "Crohn's disease, unspecified, without complications", 0.0, 0.4),
    ),
    "Renal medicine": (
        KIDNEY,
        Condition("Kidney failure, dialysis", "N18.6", "End stage renal disease", 0.2),
        Condition("Nephrotic syndrome", "N04.9", "Nephrotic syndrome with unspecified morphologic changes"),
        Condition("Transplant complication", "T86.10", "Unspecified complication of kidney transplant", 0.0, 0.4),
    ),
    "Respiratory medicine": (
        COPD,
        COPD,
        PNEUMONIA,
        PNEUMONIA,
        EMBOLISM,
        Condition("Pleural effusion", "J90", "Pleural effusion, not elsewhere classified", 0.6),
        Condition("Respiratory failure", "J96.01", "Acute respiratory failure with hypoxia", 1.0, 0.3),
        Condition(
            "Lung cancer", "C34.90", "Malignant neoplasm of unspecified part of unspecified bronchus or lung", 0.5
        ),
    ),
    "Stroke": (
        STROKE,
        STROKE,
        Condition("TIA", "G45.9", "Transient cerebral ischemic attack, unspecified"),
        Condition(
            "Stroke rehabilitation",
            "I69.354",
            "Hemiplegia and hemiparesis following cerebral infarction affecting left non-dominant side",
        ),
    ),
    "Care of older people": (FALLS, DELIRIUM, URINARY, PNEUMONIA, HEART_FAILURE, KIDNEY),
    "Gynaecology": (
        Condition("Hysterectomy", "D25.9", "Leiomyoma of uterus, unspecified"),
        Condition("Endometriosis surgery", "N80.9", "Endometriosis, unspecified"),
        Condition("Ovarian cyst", "N83.201", "Unspecified ovarian cyst, right side", 0.0, 0.2),
    ),
    "Neurology": (
        Condition("Seizures", "G40.909", "Epilepsy, unspecified, not intractable, without status epilepticus"),
        Condition("Guillain-Barré syndrome", "G61.0", "Guillain-Barre syndrome", 0.2),
        Condition("Myasthenia gravis", "G70.00", "Myasthenia gravis without (acute) exacerbation", 0.2),
        Condition("Encephalopathy", "G93.40", "Encephalopathy, unspecified", 0.1, 0.2),
        STROKE,
    ),
    "Haematology and oncology": (
        Condition("Neutropenic fever", "D70.9", "Neutropenia, unspecified", 0.2, 1.0),
        Condition("Myeloma", "C90.00", "Multiple myeloma not having achieved remission"),
        Condition("Lymphoma, chemotherapy", "C83.30", "Diffuse large B-cell lymphoma, unspecified site", 0.0, 0.3),
        Condition(
            "Breast cancer", "C50.911", "Malignant neoplasm of unspecified site of right female breast", 0.0, 0.2
        ),
    ),
    "Rehabilitation": (
        Condition(
            "Stroke rehabilitation",
            "I69.354",
            "Hemiplegia and hemiparesis following cerebral infarction affecting left non-dominant side",
        ),
        Condition("After hip replacement", "Z96.641", "Presence of right artificial hip joint"),
        Condition("Weakness after illness", "M62.81", "Muscle weakness (generalized)"),
    ),
}

# What people live with beside it, and from what age on.
LONG_TERM: tuple[tuple[int, Condition], ...] = (
    (40, Condition("High blood pressure", "I10", "Essential (primary) hypertension")),
    (45, Condition("Type 2 diabetes", "E11.9", "Type 2 diabetes mellitus without complications")),
    (40, Condition("High cholesterol", "E78.5", "Hyperlipidemia, unspecified")),
    (30, Condition("Underactive thyroid", "E03.9", "Hypothyroidism, unspecified")),
    (16, Condition("Asthma", "J45.909", "Unspecified asthma, uncomplicated")),
    (60, Condition("Osteoporosis", "M81.0", "Age-related osteoporosis without current pathological fracture")),
    (
        55,
        Condition(
            "Coronary disease",
            "I25.10",
            "Atherosclerotic heart disease of native coronary artery without angina pectoris",
        ),
    ),
    (60, Condition("Chronic kidney disease", "N18.31", "Chronic kidney disease, stage 3a")),
    (16, Condition("Depression", "F32.A", "Depression, unspecified")),
    (16, Condition("Anxiety", "F41.9", "Anxiety disorder, unspecified")),
    (40, Condition("Gout", "M10.9", "Gout, unspecified")),
    (30, Condition("Reflux", "K21.9", "Gastro-esophageal reflux disease without esophagitis")),
    (65, Condition("Glaucoma", "H40.9", "Unspecified glaucoma")),
    (60, Condition("Peripheral vascular disease", "I73.9", "Peripheral vascular disease, unspecified")),
    (70, Condition("Anaemia", "D64.9", "Anemia, unspecified")),
)

# Substance, reaction, severity, category.
ALLERGIES = (
    ("Penicillin", "Rash", "moderate", "medication"),
    ("Penicillin", "Anaphylaxis", "severe", "medication"),
    ("Trimethoprim", "Rash", "mild", "medication"),
    ("Codeine", "Vomiting", "moderate", "medication"),
    ("Aspirin", "Wheeze", "severe", "medication"),
    ("Ibuprofen", "Swelling of the face", "moderate", "medication"),
    ("Co-amoxiclav", "Jaundice", "severe", "medication"),
    ("Morphine", "Confusion", "mild", "medication"),
    ("Latex", "Contact rash", "moderate", "environment"),
    ("Adhesive dressings", "Blisters", "mild", "environment"),
    ("Peanuts", "Swelling of the throat", "severe", "food"),
    ("Shellfish", "Hives", "moderate", "food"),
    ("Eggs", "Hives", "mild", "food"),
    ("Contrast medium", "Hives", "moderate", "medication"),
)
RELATIONS = ("Wife or husband", "Daughter", "Son", "Sister", "Brother", "Neighbour", "Partner", "Friend")
