/** Says how many cases of the contract ran against which service. */
module.exports = class ServiceReporter {
  onRunComplete(_contexts, { testResults }) {
    const cases = testResults.flatMap((file) => file.testResults);
    for (const service of ['the simulator', 'the real Glance']) {
      const ran = cases.filter(({ ancestorTitles }) => ancestorTitles[0] === service);
      if (ran.length === 0) continue;
      const passed = ran.filter(({ status }) => status === 'passed').length;
      process.stderr.write(`Contract: ${passed} of ${ran.length} cases passed against ${service}.\n`);
    }
  }
};
