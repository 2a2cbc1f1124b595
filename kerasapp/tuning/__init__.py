"""Sweeps: KerasTuner over any value of any recipe, each trial a run like any other."""
