"""Names of measurements: every one that more than one file knows, and every prefix.

A measure that nobody else asks for has its name in its own file in `student.measures` alone.
Profiles, golden tables and stores of earlier runs hold these names too: a name never changes.
"""

from __future__ import annotations

# Noticed about files and roster rows, before a pixel is read.
SOURCE = "source."
PHOTO_FILES = f"{SOURCE}photo_files"
REFERENCE_FILES = f"{SOURCE}reference_files"
PHOTO_CLASH = f"{SOURCE}photo_clash"
ID_NUMBER_FAULT = f"{SOURCE}id_number_fault"
EXTRA_PHOTO = f"{SOURCE}extra_photo"
SET_ASIDE_FILES = f"{SOURCE}set_aside_files"  # names, parted by "/"
FITS_SEVERAL = f"{SOURCE}fits_several"
NEARLY_MATCHED = f"{SOURCE}nearly_matched"
WEAK_MATCH = f"{SOURCE}weak_match"
REFUSED = f"{SOURCE}comparison_refused"  # by the student: no template, no comparison
ROSTER_CLASH = f"{SOURCE}roster_clash"

# Why there is nothing else: the photo is no picture, or nobody could look at it.
PHOTO_ERROR = "photo_error"
ASSESS_ERROR = "assess_error"

# Seen of the photo by the engine itself.
EXIF_ORIENTATION = "exif_orientation"
TAKEN = "exif_taken"  # YYYY-MM-DD by its EXIF; nothing where the file has no such date
FACES_FOUND = "faces_found"
TURN_CW = "turn_cw"
TURN_CONFIDENCE = "turn_confidence"
ROLL_DEG = "roll_deg"
PHOTO_HASH = "photo_hash"
PHOTO_HASH_MIRRORED = "photo_hash_mirrored"
INSTRUCTIONS = "instructions"  # the set that the networks ran on, "avx512" and so on
ENGINE = (
    *(PHOTO_ERROR, EXIF_ORIENTATION, TAKEN, FACES_FOUND, TURN_CW, TURN_CONFIDENCE, ROLL_DEG),
    *(PHOTO_HASH, PHOTO_HASH_MIRRORED),
)

# How well the photo's detail agrees with a reference's; the reference's slot follows.
SAME_PICTURE = "same_picture."

# How alike two references of one student are; their slots follow, joined by "~".
BETWEEN = "between."

# What the card in a reference says against the roster, never what was read; its slot follows.
CARD = "card."
CARD_NUMBER = f"{CARD}number."
CARD_NAME = f"{CARD}name."
CARD_OWNER = f"{CARD}owner."  # whose number it is, by the roster
CARD_READ = f"{CARD}read"  # digest of all that the reading depends on
CARD_ROSTER = f"{CARD}roster"  # digest of the roster's numbers
# The words of CARD_NUMBER and CARD_NAME: as the roster's; a slip of the roster's away; another; the
# roster has none to compare; nothing that could be read for sure; no card but a portrait.
EQUAL, NEAR, OTHER, NOT_LISTED, UNREAD, NO_CARD = (
    "equal",
    "near",
    "other",
    "none",
    "unread",
    "no_card",
)

# Where the eyes lie in a kept picture; the picture's slot follows.
EYES = "eyes."

# Measures that others draw with, crop by or correct: `student.measures` has a file for each.
CHIN_LINE = "chin_line"
EYE_COLUMN = "eye_column"
EYE_LINE = "eye_line"
FACE_LEFT = "face_left"
FACE_RIGHT = "face_right"
FACE_WIDTH = "face_width"
HAIRLINE = "hairline"
HEIGHT_PX = "height_px"
MOUTH_LINE = "mouth_line"
OFF_CENTRE = "off_centre"
ROLL = "roll"
WIDTH_PX = "width_px"

# Concluded across students; the cohort stage replaces them as a whole.
COHORT = "cohort."
DUPLICATE_OF = f"{COHORT}duplicate_of"
COPY_OF = f"{COHORT}copy_of"
LOOKS_LIKE = f"{COHORT}looks_like"
LOOKS_LIKE_SCORE = f"{COHORT}looks_like_score"
SWAPPED_WITH = f"{COHORT}swapped_with"
SAME_FACE = f"{COHORT}same_face"
LIKELY_OWNER = f"{COHORT}likely_owner"  # of a photo that nobody claims
ALIKE = f"{COHORT}alike"  # those it resembles most: JSON, [[key, kind of reference, score], ...]
BETTER_FILE = f"{COHORT}better_file"
SHARED_WITH = f"{COHORT}shared_with"
REFUSED_BEFORE = f"{COHORT}refused_before"
SEEN_EARLIER = f"{COHORT}seen_earlier"
REFERENCE_OF = f"{COHORT}reference_of"
