// Complaints about a Dockerfile, one a line: line, severity, text. Fails if there is one.
// usage: node dockerfile.js FILE
const fs = require('fs');
const { validate } = require('dockerfile-utils');

const path = process.argv[2];
const complaints = validate(fs.readFileSync(path, 'utf8'));
for (const { range, message } of complaints) console.log(`${path}:${range.start.line + 1}: ${message}`);
process.exit(complaints.length === 0 ? 0 : 1);
