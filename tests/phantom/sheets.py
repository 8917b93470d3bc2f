"""The three sheets of an archive: patients.tsv, treatments.tsv, images.tsv."""

PATIENT_COLUMNS = ("center", "patient", "progression", "age", "sex", "ecog", "bilirubin_mg_dl",
                   "albumin_g_dl", "alt_u_l", "ast_u_l", "weight_kg", "height_cm")
TREATMENT_COLUMNS = ("center", "patient", "treatment", "administered_at", "activity_gbq",
                     "residual_gbq", "microsphere", "lung_shunt_fraction")
IMAGE_COLUMNS = ("center", "patient", "timepoint", "role", "path", "structure_map")


class Sheets:
    """Rows are collected patient by patient and written at the end."""

    def __init__(self):
        self.patients, self.treatments, self.images = [], [], []

    def add_patient(self, plan, person, rng):
        """Clinical columns are invented; one patient has gaps, as sheets do."""
        gaps = plan.name == "N02"
        self.patients.append((
            plan.center, plan.name, plan.progression, int(rng.integers(45, 80)), person.sex,
            int(rng.integers(0, 3)), "n/a" if gaps else f"{rng.uniform(0.3, 1.6):.1f}",
            "n/a" if gaps else f"{rng.uniform(3.0, 4.5):.1f}", int(rng.integers(15, 80)),
            int(rng.integers(15, 80)), f"{person.weight_kg:.0f}", int(rng.integers(155, 190))))

    def add_treatment(self, plan, name, administered_at, administered_bq, residual_bq, shunt):
        sphere = "resin" if plan.center == "island" else "glass"
        self.treatments.append((plan.center, plan.name, name, administered_at,
                                f"{administered_bq / 1e9:.4f}", f"{residual_bq / 1e9:.4f}",
                                sphere, f"{shunt:.3f}"))

    def add_image(self, plan, timepoint, role, path, structure_map=""):
        self.images.append((plan.center, plan.name, timepoint, role, str(path), structure_map))

    def extend(self, other):
        """Appends another patient's rows."""
        self.patients += other.patients
        self.treatments += other.treatments
        self.images += other.images

    def write(self, folder):
        for name, columns, rows in (("patients", PATIENT_COLUMNS, self.patients),
                                    ("treatments", TREATMENT_COLUMNS, self.treatments),
                                    ("images", IMAGE_COLUMNS, self.images)):
            lines = ["\t".join(columns)] + ["\t".join(map(str, row)) for row in rows]
            (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
