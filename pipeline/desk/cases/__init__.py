"""What people judge: cases, their queue, what is shown, what is answered."""
