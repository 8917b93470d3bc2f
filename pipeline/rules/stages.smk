# One job per stage and batch. Its only declared output is the status table: Snakemake deletes
# the declared outputs of a failed job, and no patient's results may go that way. Exit code 1
# (some patients failed) is a result, every other one but 0 is a failure.

for stage, earlier in STAGES.items():

    rule:
        name: stage
        input:
            batch="batches/{batch}.tsv",
            earlier=f"status/{earlier}/{{batch}}.tsv" if earlier else [],
        output: f"status/{stage}/{{batch}}.tsv"
        log: f"logs/{stage}/{{batch}}.log"
        threads: RANKS * THREADS
        resources:
            tasks=RANKS,
            cpus_per_task=THREADS,
        params: stage=stage
        shell:
            "{LAUNCHER} {BIN:q}/yttria-{params.stage} --config {CONFIG:q} --batch {input.batch}"
            " --run . --status {output} --threads {THREADS} > {log} 2>&1"
            " || {{ code=$?; [ $code -eq 1 ] || exit $code; }}"


rule merge:
    input: expand("status/{{stage}}/{batch}.tsv", batch=BATCHES)
    output: "status/{stage,[a-z]+}.tsv"
    log: "logs/merge/{stage}.log"
    threads: 1
    priority: 1  # so that a stage's table is there before the next stage begins
    shell:
        "{PYTHON:q} {PIPELINE:q}/batches.py --patients {PATIENTS:q} merge --stage {wildcards.stage}"
        " --tables {input} --output {output} 2> {log}"
