"""
The reports of a house and its day closings.

They cover takings, admissions, occupancy, tax, refunds and returns.
"""
