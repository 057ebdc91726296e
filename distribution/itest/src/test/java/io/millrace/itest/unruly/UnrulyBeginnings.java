package io.millrace.itest.unruly;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/** Connectors whose mischief is done before anything is configured. */
public abstract class UnrulyBeginnings extends SourceConnector {

    @Override
    public String version() {
        return "6.6.6";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public void start(Map<String, String> settings) {
        // Never comes that far.
    }

    @Override
    public Class<? extends Task> taskClass() {
        return UnrulySource.UnrulyTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int max) {
        return List.of(Map.of());
    }

    @Override
    public void stop() {
        // Nothing was begun.
    }

    /** When it is initialised. */
    public static final class StaticExit extends UnrulyBeginnings {
        static {
            Mischief.run("exit");
        }
    }

    /** When it is initialised. */
    public static final class StaticBlock extends UnrulyBeginnings {
        static {
            Mischief.run("block");
        }
    }

    /** When it is made. */
    public static final class ConstructorStack extends UnrulyBeginnings {
        public ConstructorStack() {
            Mischief.run("stack");
        }
    }

    /** When it is asked for its version. */
    public static final class VersionBlock extends UnrulyBeginnings {
        @Override
        public String version() {
            Mischief.run("block");
            return "never";
        }
    }

    /** When it is asked for its settings. */
    public static final class ConfigSpin extends UnrulyBeginnings {
        @Override
        public ConfigDef config() {
            Mischief.run("spin");
            return null;
        }
    }

    /** When it is asked for its settings. */
    public static final class ConfigMemory extends UnrulyBeginnings {
        @Override
        public ConfigDef config() {
            Mischief.run("memory");
            return null;
        }
    }
}
