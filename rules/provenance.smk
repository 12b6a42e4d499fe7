# Purpose: where the results come from, so that they can be checked and made again.
# Needs:   all that the experiment ends in, and the raw files that it began with
# Makes:   provenance.json; `cil verify results/<experiment>` checks the files against it


rule provenance:
    """
    Configuration, commit, lock file, packages and machine, and the SHA-256 of every raw input and
    of every artifact. Runs last, when everything else is there.
    """
    input:
        targets(),
        sources=raw_sources(),
    output:
        record=result("provenance.json"),
    log:
        result("logs/provenance.log"),
    benchmark:
        result("benchmarks/provenance.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        code=code("provenance", KINDS.file(config["dataset"]["kind"])),
        config=config,
    script:
        "../workflow/scripts/provenance.py"


rule record:
    """The record as a page for the report, with the run times of all steps."""
    input:
        record=rules.provenance.output.record,
    output:
        page=shown(
            "provenance.html",
            "record",
            "Record",
            "page",
            "Configuration, versions, checksums, run times",
        ),
    log:
        result("logs/record.log"),
    benchmark:
        result("benchmarks/record.tsv")
    localrule: True
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("record"),
        config=result("benchmarks"),
    script:
        "../workflow/scripts/record.py"
