package io.millrace.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.lang.management.PlatformLoggingMXBean;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.osgi.framework.BundleContext;
import org.slf4j.LoggerFactory;

/**
 * The levels of loggers, for bundles: they see slf4j, but not what is behind it. A service of the JDK's own type for this, with the words of logback.
 * Thread-safe.
 */
final class LogLevels implements PlatformLoggingMXBean {

    private final LoggerContext loggers;

    private LogLevels(LoggerContext loggers) {
        this.loggers = loggers;
    }

    /** Only where logback is what logs. */
    static void offer(BundleContext framework) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers) {
            framework.registerService(PlatformLoggingMXBean.class, new LogLevels(loggers), new Hashtable<>());
        }
    }

    /** Of all loggers that there are; the root's is {@code ROOT}. */
    @Override
    public List<String> getLoggerNames() {
        return loggers.getLoggerList().stream().map(Logger::getName).toList();
    }

    /** @return the level that counts, whether it is the logger's own or not; null if there is no such logger */
    @Override
    public String getLoggerLevel(String name) {
        Logger logger = loggers.exists(name);
        return logger == null ? null : logger.getEffectiveLevel().toString();
    }

    /** @throws IllegalArgumentException if there is no such level */
    @Override
    public void setLoggerLevel(String name, String level) {
        Level known = Level.toLevel(level.toUpperCase(Locale.ROOT), null);
        if (known == null) {
            throw new IllegalArgumentException("log level " + level + " is unknown; use TRACE, DEBUG, INFO, WARN, ERROR, OFF or ALL");
        }
        loggers.getLogger(name).setLevel(known);
    }

    @Override
    public String getParentLoggerName(String name) {
        if (loggers.exists(name) == null || name.equals(org.slf4j.Logger.ROOT_LOGGER_NAME)) {
            return name.equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? "" : null;
        }
        int end = name.lastIndexOf('.');
        return end < 0 ? org.slf4j.Logger.ROOT_LOGGER_NAME : name.substring(0, end);
    }

    @Override
    public ObjectName getObjectName() {
        try {
            return new ObjectName("io.millrace:type=LogLevels");
        } catch (MalformedObjectNameException e) {
            throw new IllegalStateException(e);
        }
    }
}
