package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that goes on when the command that started it has ended. */
@Timeout(120)
class BackgroundIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PORT = Millrace.freePort();

    @TempDir
    Path data;

    private static Stream<Map<String, String>> waysToAskForJmx() {
        return Stream.of(Map.of("JMX_PORT", Integer.toString(PORT)),
                Map.of("MILLRACE_OPTS", "-Dcom.sun.management.jmxremote.port=" + PORT + " -Dcom.sun.management.jmxremote.authenticate=false"
                        + " -Dcom.sun.management.jmxremote.ssl=false"));
    }

    /** Whoever exports the variable has it in every command. */
    @ParameterizedTest
    @MethodSource("waysToAskForJmx")
    void theCommandsThatStartAndStopANodeLeaveItThePortOfItsAgent(Map<String, String> environment) throws Exception {
        Result started = Millrace.commandWith(environment, LIMIT, "start", "--background", "--data", data.toString(), "--listen", "127.0.0.1:0",
                "--http", "127.0.0.1:0");
        assertThat(started.exitCode()).as(started.output()).isZero();
        try (JMXConnector agent = JMXConnectorFactory.connect(new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + PORT + "/jmxrmi"))) {
            assertThat(agent.getMBeanServerConnection().getMBeanCount()).isPositive();
        } finally {
            Result stopped = Millrace.commandWith(environment, LIMIT, "stop", "--data", data.toString());
            assertThat(stopped.exitCode()).as(stopped.output()).isZero();
        }
    }
}
