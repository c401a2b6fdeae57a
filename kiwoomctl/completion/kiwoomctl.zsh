#compdef kiwoomctl
# zsh completion of kiwoomctl

_kiwoomctl() {
    local line
    local -a found
    while IFS= read -r line; do
        case $line in
            :files) _files; return ;;
            :folders) _files -/; return ;;
            *) found+=("$line") ;;
        esac
    done < <("${~words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    # What was found begins like the word already, or names what the word began to name.
    (( $#found )) && _describe -V -t values kiwoomctl found -U
}

if [[ $funcstack[1] == _kiwoomctl ]]; then
    _kiwoomctl "$@"
else
    compdef _kiwoomctl kiwoomctl
fi
