"""Who was vaccinated with what, and the proof that it was compared with the population register."""
