// Starts `salesdx lsp` for the files of a rule base, and lets the editor talk to it.
'use strict'

const vscode = require('vscode')
const { LanguageClient } = require('vscode-languageclient/node')

const FILES = ['**/{knowledge,rules}/**/*.{yaml,json}', '**/{layer,copied}.yaml']
let client

function activate(context) {
  const [command, ...args] = vscode.workspace.getConfiguration('salesdx').get('command')
  const watchers = FILES.map((pattern) => vscode.workspace.createFileSystemWatcher(pattern))
  context.subscriptions.push(...watchers)
  client = new LanguageClient(
    'salesdx',
    'salesdx',
    { command, args },
    {
      documentSelector: FILES.map((pattern) => ({ scheme: 'file', pattern })),
      synchronize: { fileEvents: watchers },
    },
  )
  return client.start()
}

function deactivate() {
  return client && client.stop()
}

module.exports = { activate, deactivate }
