// Bolt for JavaScript with pg: its defaults, one prepared statement; with many listeners, the one that is meant comes last.
const fs = require("node:fs");
const { App, LogLevel } = require("@slack/bolt");
const { Pool } = require("pg");

const setting = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const port = Number(process.argv[3]);
const pool = new Pool({ connectionString: setting.database_url, max: 10 });
const text =
  "INSERT INTO pages (person, kind, page) VALUES ($1, $2, $3::jsonb) " +
  "ON CONFLICT (person, kind) DO UPDATE SET page = EXCLUDED.page";

const app = new App({
  token: "xoxb-benchmark",
  signingSecret: setting.secret,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: setting.slack_url },
});

function typed(body) {
  const blocks = Object.entries(body.view?.state?.values ?? {});
  return Object.fromEntries(blocks.map(([block, fields]) => [block, Object.values(fields)[0].value ?? null]));
}

function saves(kind) {
  return async ({ ack, body }) => {
    await pool.query({ name: "save", text, values: [body.user.id, kind, JSON.stringify(typed(body))] });
    await (setting.answers[kind] ? ack(setting.answers[kind]) : ack());
  };
}

const other = async ({ ack }) => ack();
const names = Object.entries(setting.names);
for (let n = 0; n < setting.listeners - names.length; n += 1) {
  n % 2 ? app.action(`something.else.${n}`, other) : app.view(`something.else.${n}`, other);
}
for (const [kind, name] of names) {
  kind === "press" ? app.action(name, saves(kind)) : app.view(name, saves(kind));
}

app.start({ port, host: "127.0.0.1" });
