// Which OPC UA server do the tests talk to? node-opcua with counters, a few Korean tags with units, users and history as asked.
// Usage: node opcua_server.js '{"port": 48400, "nodes": 10, "rate": 10, ...}'; prints "ready" when it can be reached.
"use strict";
const {
    DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes, Subscription, makeEUInformation,
} = require("node-opcua");

const asked = JSON.parse(process.argv[2] || "{}");
const { port, nodes = 10, rate = 10, base = 0, pki, secure = false, users = null, history = 0, lifetime = 0 } = asked;

async function main() {
    const certificates = new OPCUACertificateManager({ rootFolder: pki, automaticallyAcceptUnknownCertificate: true });
    await certificates.initialize();
    const server = new OPCUAServer({
        port,
        hostname: "127.0.0.1",
        host: "127.0.0.1",
        resourcePath: "/plant",
        serverCertificateManager: certificates,
        userCertificateManager: certificates,
        serverInfo: { applicationUri: "urn:tundish:test:server" },
        securityModes: secure ? [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt] : [MessageSecurityMode.None],
        securityPolicies: secure ? [SecurityPolicy.Basic256Sha256] : [SecurityPolicy.None],
        allowAnonymous: users === null,
        userManager: { isValidUser: (name, password) => users !== null && users[name] === password },
        isAuditing: false,
        serverCapabilities: { minSupportedSampleRate: asked.coalesce || 0 },
    });
    await server.initialize();
    if (lifetime) Subscription.maximumLifetimeDuration = lifetime;
    server.engine.allowAnonymousSubscriptionTransferOnUnsecuredChannel = Boolean(asked.transfer);
    const space = server.engine.addressSpace;
    const namespace = space.getOwnNamespace();
    const plant = namespace.addObject({ organizedBy: space.rootFolder.objects, browseName: "Plant", displayName: "Plant" });
    const line = namespace.addObject({ componentOf: plant, browseName: "산세라인", displayName: "산세라인" });
    const bath = namespace.addAnalogDataItem({
        componentOf: line, browseName: "1조온도", displayName: [{ locale: "ko", text: "산세조 1 온도" }, { locale: "en", text: "Pickling bath 1 temperature" }],
        description: "염산 농도 관리 대상", nodeId: "s=산세/1조/온도", dataType: "Double", minimumSamplingInterval: 0,
        engineeringUnitsRange: { low: 0, high: 120 },
        engineeringUnits: makeEUInformation("CEL", "℃", "degree Celsius"), value: { dataType: DataType.Double, value: 78.5 },
    });
    const speed = namespace.addVariable({
        componentOf: line, browseName: "라인속도_PV", displayName: "라인 속도", nodeId: "s=산세/속도", dataType: "Float", minimumSamplingInterval: 0,
        value: { dataType: DataType.Float, value: 120.25 },
    });
    namespace.addVariable({
        propertyOf: speed, typeDefinition: "PropertyType", browseName: { namespaceIndex: 0, name: "EngineeringUnits" }, dataType: "EUInformation",
        value: { dataType: DataType.ExtensionObject, value: makeEUInformation("2X", "m/min", "metre per minute") },
    });
    namespace.addVariable({
        componentOf: line, browseName: "강종", displayName: "강종", nodeId: "s=산세/강종", dataType: "String", minimumSamplingInterval: 0,
        value: { dataType: DataType.String, value: "SPHC 열연" },
    });
    const broken = namespace.addVariable({
        componentOf: line, browseName: "농도", displayName: "산 농도", nodeId: "s=산세/농도", dataType: "Double", minimumSamplingInterval: 0,
    });
    broken.setValueFromSource({ dataType: DataType.Double, value: 0 }, StatusCodes.BadSensorFailure);
    const counters = namespace.addObject({ componentOf: plant, browseName: "Counters" });
    const variables = [];
    for (let i = 0; i < nodes; i += 1) {
        const variable = namespace.addVariable({
            componentOf: counters, browseName: `c${i}`, nodeId: `s=c${i}`, dataType: "Double", minimumSamplingInterval: 0,
            value: { dataType: DataType.Double, value: base },
        });
        if (history) space.installHistoricalDataNode(variable, { maxOnlineValues: history });
        variables.push(variable);
    }
    await server.start();
    const every = 1000 / rate;
    let count = base;
    let next = Date.now() + every;
    const tick = () => {
        while (Date.now() >= next) {
            count += 1;
            const now = new Date(next);
            for (const variable of variables) {
                variable.setValueFromSource({ dataType: DataType.Double, value: count }, StatusCodes.Good, now);
            }
            next += every;
        }
        if (asked.ticks && count - base >= asked.ticks) {
            process.stdout.write(`done ${count}\n`);
            return;
        }
        setTimeout(tick, Math.max(1, next - Date.now()));
    };
    process.stdin.on("data", (data) => {
        if (data.toString().startsWith("stop")) server.shutdown(0).then(() => process.exit(0));
        if (data.toString().startsWith("go")) { next = Date.now() + every; tick(); }
    });
    process.stdin.on("end", () => process.exit(0));
    process.stdout.write("ready\n");
    if (!asked.wait) tick();
}

main().catch((fault) => { process.stderr.write(`${fault.stack}\n`); process.exit(1); });
