const hints: Readonly<Record<string, string>> = {
  '-k': 'write --insecure in full, for one server that you know',
  '-L --location': 'redirects are followed without it; remove it',
  '-s -S --silent --show-error': 'nothing but the body goes to standard output without it; remove it',
  '-f --fail --fail-with-body': 'the exit code is 1 for a status of 400 or more without it; remove it',
  '-x --proxy': 'set HTTPS_PROXY, HTTP_PROXY and NO_PROXY',
  '-A --user-agent': "write -H 'user-agent: …'",
  '-b --cookie': "write -H 'cookie: …'",
  '-e --referer': "write -H 'referer: …'",
  '-I --head': 'write -X HEAD, and -i to see the headers',
  '-G --get --url-query --data-urlencode': 'write the encoded parameters into the URL',
  '-F --form': 'build the multipart body yourself, and send it with -d @FILE and -H content-type',
  '-T --upload-file': 'write -X PUT -d @FILE',
  '--data-raw --data-binary --data-ascii': 'write -d, which sends the bytes as they are',
  '--url': 'write the URL without it',
  '-O --remote-name': 'write -o FILE',
  '-E --cert --key': 'client certificates are not supported; use curl with outbound-auth headers --curl',
  '-n --netrc --oauth2-bearer --aws-sigv4 --anyauth --basic':
    'write a [providers.NAME] into outbound-auth.toml, or use -u for Basic',
  '--compressed --http1.1 --http2': 'it is decided with the server; remove it',
  '--connect-timeout': 'write --max-time SECONDS for the whole',
  '-K': 'outbound-auth headers --curl prints what curl -K - reads',
}

/** The words to write instead of an option of curl that no command has; undefined for any other option. */
export function curlHint(option: string): string | undefined {
  return Object.entries(hints).find(([names]) => names.split(' ').includes(option))?.[1]
}
