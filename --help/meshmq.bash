# bash completion of meshmq and meshmq_ctl
_meshmq() {
    local cur="${COMP_WORDS[COMP_CWORD]}" before="" next="" i
    case "${COMP_WORDS[COMP_CWORD-1]}" in
        --config|--data-dir|--ports-file|--pid-file|--from-emqx|--from-mosquitto) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--config --data-dir --set --ports-file --pid-file --from-emqx --from-mosquitto --help" -- "$cur")
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --config|--node|--cookie|--data-dir|--set|--ports-file|--pid-file|--from-emqx|--from-mosquitto) ((i++)) ;;
            -*) ;;
            *) before="${before:+$before }${COMP_WORDS[i]}" ;;
        esac
    done
    case "$before" in
        "") next="check-config console foreground pid ping restart start stop version" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur")
}
complete -F _meshmq meshmq
_meshmq_ctl() {
    local cur="${COMP_WORDS[COMP_CWORD]}" before="" next="" i
    case "${COMP_WORDS[COMP_CWORD-1]}" in
        --config|--data-dir|--ports-file|--pid-file|--from-emqx|--from-mosquitto) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--config --node --cookie --data-dir --json --help" -- "$cur")
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --config|--node|--cookie|--data-dir|--set|--ports-file|--pid-file|--from-emqx|--from-mosquitto) ((i++)) ;;
            -*) ;;
            *) before="${before:+$before }${COMP_WORDS[i]}" ;;
        esac
    done
    case "$before" in
        "") next="acl admins alarms audit banned broker clientid clients cluster conf delayed help listeners log mgmt retainer routes runtime sasl slow_subs status subscriptions topic_metrics topics trace trie user" ;;
        "acl") next="add cache-clean del list reload show" ;;
        "acl add") next="_all clientid username" ;;
        "acl cache-clean") next="all node" ;;
        "acl del") next="_all clientid username" ;;
        "acl list") next="_all clientid username" ;;
        "acl show") next="clientid username" ;;
        "admins") next="add del list passwd" ;;
        "alarms") next="clear deactivate list" ;;
        "alarms list") next="activated deactivated" ;;
        "audit") next="list" ;;
        "banned") next="add del list" ;;
        "broker") next="metrics stats" ;;
        "clientid") next="add del list update" ;;
        "clients") next="kick list show" ;;
        "cluster") next="discovery evacuate force-leave heal heal-log join leave rebalance status verify" ;;
        "cluster evacuate") next="start status stop" ;;
        "cluster rebalance") next="start status stop" ;;
        "conf") next="get reload set show unset" ;;
        "delayed") next="delete info list" ;;
        "listeners") next="reload restart start stop" ;;
        "log") next="handlers primary-level set-level" ;;
        "log handlers") next="list set-level start stop" ;;
        "mgmt") next="delete insert list lookup update" ;;
        "retainer") next="clean info topics" ;;
        "routes") next="list match show" ;;
        "sasl") next="scram" ;;
        "sasl scram") next="add delete list lookup update" ;;
        "slow_subs") next="clean list" ;;
        "subscriptions") next="add del list match show" ;;
        "topic_metrics") next="deregister list register" ;;
        "topics") next="list" ;;
        "trace") next="delete explain list log start stop" ;;
        "trace explain") next="..." ;;
        "trace explain ...") next="--qos" ;;
        "trace start") next="... client ip topic" ;;
        "trace start ...") next="--for" ;;
        "trace stop") next="client ip topic" ;;
        "trie") next="list" ;;
        "user") next="add del list update" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$next" -- "$cur")
}
complete -F _meshmq_ctl meshmq_ctl
