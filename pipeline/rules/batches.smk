# Before the stages: the input is checked and the patients are dealt into batches.

rule validate:
    output: "logs/input.txt"
    log: "logs/validate.log"
    threads: 1
    params: request=REQUEST
    shell:
        "{PYTHON:q} {PIPELINE:q}/validate.py {CONFIG:q} --output {output} 2> {log}"


rule split:
    input: rules.validate.output
    output:
        everyone="batches/all.tsv",
        batches=expand("batches/{batch}.tsv", batch=BATCHES),
    log: "logs/split.log"
    threads: 1
    shell:
        "{PYTHON:q} {PIPELINE:q}/batches.py --patients {PATIENTS:q} split"
        " --everyone {output.everyone} --batches {output.batches} 2> {log}"
