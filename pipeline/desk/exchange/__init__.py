"""Tables in and out: decisions made elsewhere, replies of students, exports."""
