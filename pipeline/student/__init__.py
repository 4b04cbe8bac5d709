"""One student's photo and references, stage by stage; pixels in, evidence out."""
