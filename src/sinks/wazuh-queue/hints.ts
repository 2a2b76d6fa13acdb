const GROUP = 'Add the user to group wazuh: usermod -aG wazuh <user>, then start Tripline anew.'

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'Start Wazuh, or correct `socket`: it is queue/sockets/queue below the folder of Wazuh.',
  ECONNREFUSED: 'Start Wazuh: the socket is there, but wazuh-analysisd does not run.',
  EACCES: GROUP,
  EPERM: GROUP,
  EAGAIN: 'wazuh-analysisd does not read its queue: look into /var/ossec/logs/ossec.log, and restart it.',
  EPROTOTYPE: 'Correct `socket`: it is queue/sockets/queue below the folder of Wazuh, a datagram socket.',
  ENOTDIR: 'Correct `socket`: a part of its path is a file.',
}

/** What to do when Wazuh's queue cannot be reached; `code` is the word of the system's error. */
export function queueHint(code: string): string | undefined {
  return HINTS[code]
}
