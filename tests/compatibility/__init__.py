"""Programs that try the capture on versions of a framework; `scripts/capture_table.py` runs them.

Each program lists what it is run with in `REQUIREMENTS`, one run each (`""`: what is installed),
and prints one JSON object per line, a row of docs/capture_table.md: `framework`, `version`, `case`,
`captured` (name to shape of each layer), `row_sum_error` (largest distance of a row's sum from 1),
`output_difference` (largest difference to the plain forward pass) and `allowed` (its limit).
"""
