package io.millrace.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientQuotasTest {

    /** Stands for an entity type that an entity does not have. */
    private static final String NONE = "-";

    private static ClientQuotaEntity entity(String user, String clientId) {
        Map<String, String> entries = new HashMap<>();
        if (!NONE.equals(user)) {
            entries.put(ClientQuotaEntity.USER, user);
        }
        if (!NONE.equals(clientId)) {
            entries.put(ClientQuotaEntity.CLIENT_ID, clientId);
        }
        return new ClientQuotaEntity(entries);
    }

    private static ClientQuotaEntity address(String ip) {
        Map<String, String> entries = new HashMap<>();
        entries.put(ClientQuotaEntity.IP, ip);
        return new ClientQuotaEntity(entries);
    }

    @Test
    void theMostSpecificEntityThatHasTheQuotaDecides() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> names = Arrays.asList(NONE, null, "a", "b");
        for (int round = 0; round < 2000; round++) {
            ClientQuotas quotas = ClientQuotas.NONE;
            Map<ClientQuotaEntity, Double> model = new HashMap<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                ClientQuotaEntity entity = entity(names.get(random.nextInt(4)), names.get(random.nextInt(4)));
                if (entity.entries().isEmpty()) {
                    continue;
                }
                String key = random.nextInt(4) == 0 ? "consumer_byte_rate" : "producer_byte_rate";
                double value = 1 + random.nextInt(100);
                Map<String, Double> values = random.nextInt(5) == 0 ? Map.of() : Map.of(key, value);
                quotas = quotas.with(entity, values);
                model.remove(entity);
                if (values.containsKey("producer_byte_rate")) {
                    model.put(entity, value);
                }
            }
            for (String user : List.of("a", "c")) {
                for (String client : List.of("b", "c", "")) {
                    assertThat(quotas.limit(QuotaType.PRODUCER_BYTE_RATE, user, client)).as("seed %d, quotas %s, user %s, client %s", seed, quotas.byEntity(), user, client)
                            .isEqualTo(expected(model, user, client));
                }
            }
        }
    }

    private static Limit expected(Map<ClientQuotaEntity, Double> model, String user, String client) {
        String[][] precedence = {{user, client}, {user, null}, {user, NONE}, {null, client}, {null, null}, {null, NONE}, {NONE, client}, {NONE, null}};
        for (String[] one : precedence) {
            Double bound = model.get(entity(one[0], one[1]));
            if (bound != null) {
                return new Limit(QuotaType.PRODUCER_BYTE_RATE, Objects.equals(one[0], NONE) ? "" : user, Objects.equals(one[1], NONE) ? "" : client, bound);
            }
        }
        return null;
    }

    @Test
    void anAddressHasItsOwnQuotaOrTheDefaultOne() {
        ClientQuotas quotas = ClientQuotas.NONE.with(address("10.0.0.1"), Map.of("connection_creation_rate", 5.0));
        assertThat(quotas.connectionRate("10.0.0.1")).isEqualTo(5);
        assertThat(quotas.connectionRate("10.0.0.2")).isInfinite();
        quotas = quotas.with(address(null), Map.of("connection_creation_rate", 2.0));
        assertThat(quotas.connectionRate("10.0.0.1")).isEqualTo(5);
        assertThat(quotas.connectionRate("10.0.0.2")).isEqualTo(2);
        assertThat(quotas.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"producer_byte_rate=0", "producer_byte_rate=-1", "producer_byte_rate=1.5", "producer_byte_rate=NaN", "producer_byte_rate=Infinity",
        "request_percentage=0", "connection_creation_rate=5", "no_such_key=5"})
    void aQuotaThatCannotBeIsRefused(String quota) {
        String[] parts = quota.split("=");
        QuotaAlteration alteration = new QuotaAlteration(entity("a", NONE), Map.of(parts[0], Double.valueOf(parts[1])));
        assertThatThrownBy(() -> alteration.applied(ClientQuotas.NONE)).isInstanceOf(InvalidRequestException.class).hasMessageContaining(parts[0]);
    }

    @Test
    void anEntityThatCannotBeIsRefused() {
        for (Map<String, String> entity : List.of(Map.<String, String>of(), Map.of("user", ""), Map.of("group", "g"), Map.of("ip", "localhost"),
                Map.of("ip", "10.0.0.1", "user", "a"), Map.of("ip", "::1"))) {
            QuotaAlteration alteration = new QuotaAlteration(new ClientQuotaEntity(entity), Map.of());
            assertThatThrownBy(() -> alteration.applied(ClientQuotas.NONE)).as("%s", entity).isInstanceOf(InvalidRequestException.class);
        }
    }

    @Test
    void anAlterationLeavesTheOtherQuotasOfTheEntity() {
        ClientQuotas quotas = ClientQuotas.NONE.with(entity("a", NONE), Map.of("producer_byte_rate", 1.0, "request_percentage", 12.5));
        Map<String, Double> changes = new HashMap<>();
        changes.put("producer_byte_rate", null);
        changes.put("consumer_byte_rate", 7.0);
        assertThat(new QuotaAlteration(entity("a", NONE), changes).applied(quotas)).isEqualTo(Map.of("consumer_byte_rate", 7.0, "request_percentage", 12.5));
    }
}
