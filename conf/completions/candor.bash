# Completion for candor. Written by tools/completions from the table in src/main.c; change that.

_candor() {
    local cur prev words cword
    _init_completion -n : 2>/dev/null || {
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cword=$COMP_CWORD
    }
    local choices="" files=""
    if [ "$cword" -eq 1 ]; then
        choices="help serve check demo alerts compare detect label replay eval rules report trials simulate --version"
    else
        case ${COMP_WORDS[1]}:$prev in
        help:*) choices="serve check demo alerts compare detect label replay eval rules report trials simulate" ;;
        serve:-c) files=1 ;;
        serve:*) choices="-c" files=1 ;;
        check:-c) files=1 ;;
        check:*) choices="-c" files=1 ;;
        demo:*) choices="--once" files=1 ;;
        alerts:-c) files=1 ;;
        alerts:*) choices="list ack -c --json" files=1 ;;
        compare:-c) files=1 ;;
        compare:*) choices="-c" files=1 ;;
        detect:-r) files=1 ;;
        detect:-b) files=1 ;;
        detect:*) choices="-r -b" files=1 ;;
        label:-c) files=1 ;;
        label:--store) files=1 ;;
        label:--labeller) choices="" ;;
        label:--share) choices="" ;;
        label:*) choices="-c --store --labeller --share --export --figures" files=1 ;;
        replay:-c) files=1 ;;
        replay:--store) files=1 ;;
        replay:--records) files=1 ;;
        replay:-r) files=1 ;;
        replay:--judge) files=1 ;;
        replay:--pair) choices="" ;;
        replay:*) choices="-c --store --records -r --judge --pair --json" files=1 ;;
        eval:-c) files=1 ;;
        eval:--sad) choices="" ;;
        eval:--belief) choices="" ;;
        eval:--limit) choices="" ;;
        eval:*) choices="-c --sad --belief --limit --json" files=1 ;;
        rules:--corpus) files=1 ;;
        rules:-r) files=1 ;;
        rules:*) choices="test explain --tap --cost --corpus -r" files=1 ;;
        report:-c) files=1 ;;
        report:--records) files=1 ;;
        report:--since) choices="" ;;
        report:--until) choices="" ;;
        report:--epoch) choices="" ;;
        report:--candidate) choices="" ;;
        report:--by) choices="model tag day" ;;
        report:--format) choices="table json csv html" ;;
        report:--max-gap) choices="emotion:sad+none emotion:sad+asserted emotion:sad+doubted emotion:anger+none emotion:anger+asserted emotion:anger+doubted emotion:happy+none emotion:happy+asserted emotion:happy+doubted relation:close+none relation:close+asserted relation:close+doubted relation:hierarchical_up+none relation:hierarchical_up+asserted relation:hierarchical_up+doubted relation:hierarchical_down+none relation:hierarchical_down+asserted relation:hierarchical_down+doubted stake:high+none stake:high+asserted stake:high+doubted stake:low+none stake:low+asserted stake:low+doubted emotion:fear+none emotion:fear+asserted emotion:fear+doubted none+none none+asserted none+doubted" ;;
        report:*) choices="-c --records --since --until --epoch --candidate --by --format --max-gap" files=1 ;;
        trials:-c) files=1 ;;
        trials:--store) files=1 ;;
        trials:--verdict) choices="agree contradict warm_endorses_belief original_endorses_belief warm_evades original_evades incomparable undecided missing" ;;
        trials:--condition) choices="emotion:sad+none emotion:sad+asserted emotion:sad+doubted emotion:anger+none emotion:anger+asserted emotion:anger+doubted emotion:happy+none emotion:happy+asserted emotion:happy+doubted relation:close+none relation:close+asserted relation:close+doubted relation:hierarchical_up+none relation:hierarchical_up+asserted relation:hierarchical_up+doubted relation:hierarchical_down+none relation:hierarchical_down+asserted relation:hierarchical_down+doubted stake:high+none stake:high+asserted stake:high+doubted stake:low+none stake:low+asserted stake:low+doubted emotion:fear+none emotion:fear+asserted emotion:fear+doubted none+none none+asserted none+doubted" ;;
        trials:--model) choices="" ;;
        trials:--tag) choices="" ;;
        trials:--since) choices="" ;;
        trials:--limit) choices="" ;;
        trials:--trial) choices="" ;;
        trials:--conversation) choices="" ;;
        trials:--before) choices="" ;;
        trials:*) choices="list show export erase -c --store --verdict --condition --model --tag --flagged --since --limit --json --trial --conversation --before" files=1 ;;
        simulate:-c) files=1 ;;
        simulate:--conditions) choices="" ;;
        simulate:--comparisons) choices="" ;;
        simulate:--runs) choices="" ;;
        simulate:--seed) choices="" ;;
        simulate:--judge) choices="" ;;
        simulate:*) choices="-c --conditions --comparisons --runs --seed --judge --json" files=1 ;;
        esac
    fi
    COMPREPLY=()
    [ -z "$choices" ] || mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
    if [ -n "$files" ] && [ "${#COMPREPLY[@]}" -eq 0 ]; then mapfile -t COMPREPLY < <(compgen -f -- "$cur"); fi
    if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -o filenames -F _candor candor
