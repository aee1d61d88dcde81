# Completion for candor. Written by tools/completions from the table in src/main.c; change that.

complete -c candor -f
complete -c candor -n __fish_use_subcommand -l version -d 'tells the version'
complete -c candor -n __fish_use_subcommand -a help -d 'tells how a command is called'
complete -c candor -n __fish_use_subcommand -a serve -d 'runs the proxy in the foreground'
complete -c candor -n '__fish_seen_subcommand_from serve' -s c -r -F
complete -c candor -n __fish_use_subcommand -a check -d 'checks configuration and rule packs and prints what would run; opens no port'
complete -c candor -n '__fish_seen_subcommand_from check' -s c -r -F
complete -c candor -n __fish_use_subcommand -a demo -d 'shows the whole job with simulated models; needs no configuration'
complete -c candor -n '__fish_seen_subcommand_from demo' -l once
complete -c candor -n __fish_use_subcommand -a alerts -d 'lists the alerts that stand, with their guarantees, and acknowledges one'
complete -c candor -n '__fish_seen_subcommand_from alerts' -a 'list ack'
complete -c candor -n '__fish_seen_subcommand_from alerts' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from alerts' -l json
complete -c candor -n __fish_use_subcommand -a compare -d 'says whether two answers differ in substance (JSON Lines in and out)'
complete -c candor -n '__fish_seen_subcommand_from compare' -s c -r -F
complete -c candor -n __fish_use_subcommand -a detect -d 'says which cues and stated beliefs messages hold (JSON Lines in and out)'
complete -c candor -n '__fish_seen_subcommand_from detect' -s r -r -F
complete -c candor -n '__fish_seen_subcommand_from detect' -s b -r -F
complete -c candor -n __fish_use_subcommand -a label -d 'shows pairs of answers blind and takes down what a person says of them'
complete -c candor -n '__fish_seen_subcommand_from label' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from label' -l store -r -F
complete -c candor -n '__fish_seen_subcommand_from label' -l labeller -x -a ''
complete -c candor -n '__fish_seen_subcommand_from label' -l share -x -a ''
complete -c candor -n '__fish_seen_subcommand_from label' -l export
complete -c candor -n '__fish_seen_subcommand_from label' -l figures
complete -c candor -n __fish_use_subcommand -a replay -d 'what recorded trials would give under other rules or another judge; the record stays'
complete -c candor -n '__fish_seen_subcommand_from replay' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from replay' -l store -r -F
complete -c candor -n '__fish_seen_subcommand_from replay' -l records -r -F
complete -c candor -n '__fish_seen_subcommand_from replay' -s r -r -F
complete -c candor -n '__fish_seen_subcommand_from replay' -l judge -r -F
complete -c candor -n '__fish_seen_subcommand_from replay' -l pair -x -a ''
complete -c candor -n '__fish_seen_subcommand_from replay' -l json
complete -c candor -n __fish_use_subcommand -a eval -d 'asks both models questions of known truth in the study'\''s conditions'
complete -c candor -n '__fish_seen_subcommand_from eval' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from eval' -l sad -x -a ''
complete -c candor -n '__fish_seen_subcommand_from eval' -l belief -x -a ''
complete -c candor -n '__fish_seen_subcommand_from eval' -l limit -x -a ''
complete -c candor -n '__fish_seen_subcommand_from eval' -l json
complete -c candor -n __fish_use_subcommand -a rules -d 'runs the examples of rule packs, or shows what they find in a text'
complete -c candor -n '__fish_seen_subcommand_from rules' -a 'test explain'
complete -c candor -n '__fish_seen_subcommand_from rules' -l tap
complete -c candor -n '__fish_seen_subcommand_from rules' -l cost
complete -c candor -n '__fish_seen_subcommand_from rules' -l corpus -r -F
complete -c candor -n '__fish_seen_subcommand_from rules' -s r -r -F
complete -c candor -n __fish_use_subcommand -a report -d 'the gaps of this deployment with intervals, beside the study'\''s'
complete -c candor -n '__fish_seen_subcommand_from report' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from report' -l records -r -F
complete -c candor -n '__fish_seen_subcommand_from report' -l since -x -a ''
complete -c candor -n '__fish_seen_subcommand_from report' -l until -x -a ''
complete -c candor -n '__fish_seen_subcommand_from report' -l epoch -x -a ''
complete -c candor -n '__fish_seen_subcommand_from report' -l candidate -x -a ''
complete -c candor -n '__fish_seen_subcommand_from report' -l by -x -a 'model tag day'
complete -c candor -n '__fish_seen_subcommand_from report' -l format -x -a 'table json csv html'
complete -c candor -n '__fish_seen_subcommand_from report' -l max-gap -x -a 'emotion:sad+none emotion:sad+asserted emotion:sad+doubted emotion:anger+none emotion:anger+asserted emotion:anger+doubted emotion:happy+none emotion:happy+asserted emotion:happy+doubted relation:close+none relation:close+asserted relation:close+doubted relation:hierarchical_up+none relation:hierarchical_up+asserted relation:hierarchical_up+doubted relation:hierarchical_down+none relation:hierarchical_down+asserted relation:hierarchical_down+doubted stake:high+none stake:high+asserted stake:high+doubted stake:low+none stake:low+asserted stake:low+doubted emotion:fear+none emotion:fear+asserted emotion:fear+doubted none+none none+asserted none+doubted'
complete -c candor -n __fish_use_subcommand -a trials -d 'lists, shows, exports and erases the records of trials'
complete -c candor -n '__fish_seen_subcommand_from trials' -a 'list show export erase'
complete -c candor -n '__fish_seen_subcommand_from trials' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from trials' -l store -r -F
complete -c candor -n '__fish_seen_subcommand_from trials' -l verdict -x -a 'agree contradict warm_endorses_belief original_endorses_belief warm_evades original_evades incomparable undecided missing'
complete -c candor -n '__fish_seen_subcommand_from trials' -l condition -x -a 'emotion:sad+none emotion:sad+asserted emotion:sad+doubted emotion:anger+none emotion:anger+asserted emotion:anger+doubted emotion:happy+none emotion:happy+asserted emotion:happy+doubted relation:close+none relation:close+asserted relation:close+doubted relation:hierarchical_up+none relation:hierarchical_up+asserted relation:hierarchical_up+doubted relation:hierarchical_down+none relation:hierarchical_down+asserted relation:hierarchical_down+doubted stake:high+none stake:high+asserted stake:high+doubted stake:low+none stake:low+asserted stake:low+doubted emotion:fear+none emotion:fear+asserted emotion:fear+doubted none+none none+asserted none+doubted'
complete -c candor -n '__fish_seen_subcommand_from trials' -l model -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l tag -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l flagged
complete -c candor -n '__fish_seen_subcommand_from trials' -l since -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l limit -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l json
complete -c candor -n '__fish_seen_subcommand_from trials' -l trial -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l conversation -x -a ''
complete -c candor -n '__fish_seen_subcommand_from trials' -l before -x -a ''
complete -c candor -n __fish_use_subcommand -a simulate -d 'what the alerts guarantee and what each condition costs, played out'
complete -c candor -n '__fish_seen_subcommand_from simulate' -s c -r -F
complete -c candor -n '__fish_seen_subcommand_from simulate' -l conditions -x -a ''
complete -c candor -n '__fish_seen_subcommand_from simulate' -l comparisons -x -a ''
complete -c candor -n '__fish_seen_subcommand_from simulate' -l runs -x -a ''
complete -c candor -n '__fish_seen_subcommand_from simulate' -l seed -x -a ''
complete -c candor -n '__fish_seen_subcommand_from simulate' -l judge -x -a ''
complete -c candor -n '__fish_seen_subcommand_from simulate' -l json
