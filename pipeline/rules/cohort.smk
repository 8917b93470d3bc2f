# After the stages: all patients together, then the pages.

rule aggregate:
    input:
        expand("status/{stage}.tsv", stage=STAGES),
        everyone="batches/all.tsv",
    output: "status/aggregate.tsv"
    log: "logs/aggregate.log"
    threads: 1
    shell:
        "{BIN:q}/yttria-aggregate --config {CONFIG:q} --batch {input.everyone} --run ."
        " --status {output} --threads 1 > {log} 2>&1"
        " || {{ code=$?; [ $code -eq 1 ] || exit $code; }}"


rule report:
    input: "status/aggregate.tsv"
    output: "report/index.html"
    log: "logs/report.log"
    threads: THREADS
    resources: cpus_per_task=THREADS
    shell:
        "{PYTHON:q} {PIPELINE:q}/report/make_report.py --config {CONFIG:q} --run ."
        " --threads {threads} > {log} 2>&1"
