// Which Sparkplug edge node do the tests talk to? sparkplug-client of Eclipse Tahu, with one device and metrics in Korean.
// Usage: node sparkplug_edge.js '{"port": 1883, "values": 20}'; answers rebirth requests; prints "done" after the last value.
"use strict";
const { newClient } = require("sparkplug-client");

const { port, values = 20 } = JSON.parse(process.argv[2] || "{}");
const edge = newClient({
    serverUrl: `tcp://127.0.0.1:${port}`, username: "", password: "", groupId: "울산", edgeNode: "edge1", clientId: "edge1-client", version: "spBv1.0",
});

const birth = () => edge.publishNodeBirth({
    timestamp: Date.now(), metrics: [{ name: "가동", type: "Boolean", value: true }],
});
const deviceBirth = () => edge.publishDeviceBirth("산세조1", {
    timestamp: Date.now(),
    metrics: [
        { name: "온도", type: "Double", value: 78.5, properties: { engUnit: { type: "String", value: "℃" } } },
        { name: "위치", type: "Int32", value: -12 },
        { name: "강종", type: "String", value: "SPHC 열연" },
    ],
});

edge.on("birth", () => {
    birth();
    deviceBirth();
    if (edge.begun) return;
    edge.begun = true;
    let count = 0;
    const timer = setInterval(() => {
        count += 1;
        edge.publishDeviceData("산세조1", {
            timestamp: Date.now(),
            metrics: [{ name: "온도", type: "Double", value: 100 + count }, { name: "위치", type: "Int32", value: -count }],
        });
        if (count === values) {
            clearInterval(timer);
            process.stdout.write("done\n");
        }
    }, 20);
});
process.stdin.on("data", () => { edge.stop(); setTimeout(() => process.exit(0), 300); });
