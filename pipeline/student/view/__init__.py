"""What measures share: the view of a photo, and the areas of face, eyes and background in it."""
