"""Figures of a house: takings, admissions, occupancy, tax, refunds, returns and day closings."""
