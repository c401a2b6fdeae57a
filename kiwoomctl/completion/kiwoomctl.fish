# fish completion of kiwoomctl
function __kiwoomctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] __complete fish $words[2..-1] "$current" 2>/dev/null)
    switch "$found"
        case :files
            __fish_complete_path "$current"
        case :folders
            __fish_complete_directories "$current"
        case '*'
            test -n "$found"; and printf '%s\n' $found
    end
end
complete -c kiwoomctl -f -k -a '(__kiwoomctl_complete)'
