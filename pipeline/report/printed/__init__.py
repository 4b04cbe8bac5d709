"""What leaves on paper: PDF by typst, an extra (`photoproof[print]`), loaded when it prints.

A document is a template beside this file and plain data: texts, lists, and pictures as JPEG.
Nothing of a student is ever part of a template, so that no name can be taken for markup.
"""

from __future__ import annotations

from pipeline.report.printed.press import Printed, print_pdf, require_press
from pipeline.report.printed.told import Told, faults_of, picture_of, told_of

__all__ = ["Printed", "Told", "faults_of", "picture_of", "print_pdf", "require_press", "told_of"]
