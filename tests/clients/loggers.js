// Loggers of npm: writes one record of the logger that is named, as its own users would configure it. Exit status 3: not installed.
const WRITE = {
  pino: async () => {
    const { default: pino } = await import('pino');
    pino({ name: 'shop' }, pino.destination({ sync: true })).error({ user: 7 }, 'disk full');
  },
  winston: async () => {
    const { default: winston } = await import('winston');
    const { combine, json, timestamp } = winston.format;
    const transports = [new winston.transports.Console()];
    const options = { format: combine(timestamp(), json()), defaultMeta: { service: 'shop' }, transports };
    winston.createLogger(options).error('disk full', { user: 7 });
  },
  bunyan: async () => {
    const { default: bunyan } = await import('bunyan');
    bunyan.createLogger({ name: 'shop' }).error({ user: 7 }, 'disk full');
  },
};

try {
  await WRITE[process.argv[2]]();
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.exitCode = 3;
}
