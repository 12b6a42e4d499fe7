#!/usr/bin/env bash
# Snakemake runs this in a new environment of envs/environment.yaml, from the project's folder:
# the steps import the package `cil` of this checkout, as it is at any time.
set -euo pipefail
packages=$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
pwd > "$packages/cil.pth"
