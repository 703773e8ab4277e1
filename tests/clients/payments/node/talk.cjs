// One client, made once; then a call for each line: ["name", arguments...] in, {"answer"} or {"error"} out.

const { createInterface } = require("node:readline");

/** Package -> the client made of it, as its own README makes it. */
const MAKE = {
  "sslcommerz-lts": ({ url, store, password }) => {
    const Client = require("sslcommerz-lts");
    const client = new Client(store, password, false);
    // It knows two hosts only; all else is its own code.
    for (const name of Object.keys(client).filter((one) => one.endsWith("URL")))
      client[name] = client[name].replace("https://sandbox.sslcommerz.com", url);
    return (name, ...values) => client[name](...values);
  },
  "nagad-payment-gateway": (config) => {
    const { NagadGateway } = require("nagad-payment-gateway");
    const client = new NagadGateway(config);
    return (name, ...values) => client[name](...values);
  },
  "bkash-payment": (config) => {
    const client = require("bkash-payment");
    return (name, ...values) => client[name](config, ...values);
  },
};

const [, , name, config] = process.argv;
const call = MAKE[name](JSON.parse(config));
createInterface({ input: process.stdin }).on("line", async (line) => {
  const told = await call(...JSON.parse(line)).then((answer) => ({ answer }), (error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
});
