package io.millrace.broker.handler;

import io.millrace.broker.handler.ConfigAlteration.Op;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * The levels of this process' loggers, until it ends. slf4j cannot change them, and the logging library belongs to whoever starts the process:
 * it is reached by its public methods' names, which are logback's.
 */
final class LoggerLevels {

    /** Kafka's name of the root; logback's is in capitals. */
    private static final String ROOT = "root";
    private static final Set<String> LEVELS = new TreeSet<>(List.of("DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"));

    private final ILoggerFactory factory;

    LoggerLevels() {
        this(LoggerFactory.getILoggerFactory());
    }

    LoggerLevels(ILoggerFactory factory) {
        this.factory = factory;
    }

    /** @throws InvalidRequestException unless the name is this node's id */
    static void checkNode(String name, String self) {
        if (!name.equals(self)) {
            throw new InvalidRequestException("Unexpected broker id, expected " + self + " but received '" + name + "'");
        }
    }

    /** The level in force of every logger, by Kafka's name. */
    Map<String, String> all() {
        Map<String, String> levels = new TreeMap<>();
        for (Object logger : (List<?>) call(factory, "getLoggerList")) {
            String name = (String) call(logger, "getName");
            levels.put(name.equalsIgnoreCase(ROOT) ? ROOT : name, call(logger, "getEffectiveLevel").toString());
        }
        return levels;
    }

    /** Sets all of them, or none if one is refused. */
    void alter(List<Op> ops, boolean validateOnly) {
        Set<String> known = all().keySet();
        for (Op op : ops) {
            if (op.operation() != OpType.SET && op.operation() != OpType.DELETE) {
                throw new InvalidRequestException(op.operation() + " operation is not allowed for the BROKER_LOGGER resource");
            }
            if (!known.contains(op.name())) {
                throw new InvalidConfigurationException("Logger " + op.name() + " does not exist!");
            }
            if (op.operation() == OpType.SET && !LEVELS.contains(op.value())) {
                throw new InvalidConfigurationException("Cannot set the log level of " + op.name() + " to " + op.value()
                        + " as it is not a supported log level. Valid log levels are " + String.join(", ", LEVELS));
            }
            if (op.operation() == OpType.DELETE && op.name().equals(ROOT)) {
                throw new InvalidRequestException("Removing the log level of the root logger is not allowed");
            }
        }
        if (!validateOnly) {
            ops.forEach(op -> set(op.name(), op.operation() == OpType.DELETE ? null : op.value()));
        }
    }

    /** @param level null to have its parent's again */
    private void set(String name, String level) {
        try {
            Object logger = factory.getLogger(name.equals(ROOT) ? "ROOT" : name);
            Class<?> levels = Class.forName("ch.qos.logback.classic.Level", true, factory.getClass().getClassLoader());
            // logback's highest is ERROR.
            Object value = level == null ? null : levels.getMethod("valueOf", String.class).invoke(null, level.equals("FATAL") ? "ERROR" : level);
            logger.getClass().getMethod("setLevel", levels).invoke(logger, value);
        } catch (ReflectiveOperationException unsuited) {
            throw unreachable(unsuited);
        }
    }

    private Object call(Object target, String name) {
        try {
            Method method = target.getClass().getMethod(name);
            return method.invoke(target);
        } catch (ReflectiveOperationException unsuited) {
            throw unreachable(unsuited);
        }
    }

    private InvalidRequestException unreachable(ReflectiveOperationException unsuited) {
        return new InvalidRequestException("log levels cannot change while this node runs, its logging is not logback but "
                + factory.getClass().getName() + "; change its configuration file and restart", unsuited);
    }
}
