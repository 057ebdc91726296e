package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/compatibility.md names every request of Kafka's brokers that is not served, and no other. */
class CompatibilityPageTest {

    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z]+)`");

    @TempDir
    Path data;

    @Test
    void thePageNamesTheRequestsThatAreNotServed() throws Exception {
        Set<String> unserved = ApiKeys.apisForListener(ListenerType.BROKER).stream().map(api -> api.name).collect(Collectors.toCollection(TreeSet::new));
        try (BrokerServer broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
                WireClient client = new WireClient(broker.bootstrapServers())) {
            ApiVersionsResponseData served = (ApiVersionsResponseData) client.call(ApiKeys.API_VERSIONS, 3,
                    new ApiVersionsRequestData().setClientSoftwareName("test").setClientSoftwareVersion("1"));
            for (ApiVersion api : served.apiKeys()) {
                unserved.remove(ApiKeys.forId(api.apiKey()).name);
            }
        }
        String page = Files.readString(Path.of("../docs/compatibility.md"));
        Set<String> named = page.substring(page.indexOf("| requests |")).lines().flatMap(line -> NAME.matcher(line).results()).map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isEqualTo(unserved);
    }
}
