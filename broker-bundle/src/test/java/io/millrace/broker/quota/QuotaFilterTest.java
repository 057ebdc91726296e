package io.millrace.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.quota.QuotaFilter.Component;
import io.millrace.broker.quota.QuotaFilter.Match;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.junit.jupiter.api.Test;

class QuotaFilterTest {

    private static final ClientQuotaEntity ANN = new ClientQuotaEntity(Map.of("user", "ann"));
    private static final ClientQuotaEntity ANN_WITH_APP = new ClientQuotaEntity(Map.of("user", "ann", "client-id", "app"));
    private static final ClientQuotaEntity ANYBODY = new ClientQuotaEntity(nullable("user", null));
    private static final ClientQuotaEntity APP = new ClientQuotaEntity(Map.of("client-id", "app"));
    private static final List<ClientQuotaEntity> ALL = List.of(ANN, ANN_WITH_APP, ANYBODY, APP);

    private static Map<String, String> nullable(String type, String name) {
        Map<String, String> entity = new HashMap<>();
        entity.put(type, name);
        return entity;
    }

    private static List<ClientQuotaEntity> found(boolean strict, Component... components) {
        QuotaFilter filter = new QuotaFilter(List.of(components), strict);
        return ALL.stream().filter(filter::matches).toList();
    }

    private static Component component(String type, Match match, String name) {
        return new Component(type, match, name);
    }

    @Test
    void entitiesAreFoundByNameByDefaultAndByType() {
        assertThat(found(false)).isEqualTo(ALL);
        assertThat(found(true)).isEmpty();
        assertThat(found(false, component("user", Match.EXACT, "ann"))).containsExactly(ANN, ANN_WITH_APP);
        assertThat(found(true, component("user", Match.EXACT, "ann"))).containsExactly(ANN);
        assertThat(found(true, component("user", Match.DEFAULT, null))).containsExactly(ANYBODY);
        assertThat(found(true, component("user", Match.ANY, null))).containsExactly(ANN, ANYBODY);
        assertThat(found(false, component("user", Match.ANY, null))).containsExactly(ANN, ANN_WITH_APP, ANYBODY);
        assertThat(found(true, component("user", Match.ANY, null), component("client-id", Match.EXACT, "app"))).containsExactly(ANN_WITH_APP);
        assertThat(found(false, component("ip", Match.ANY, null))).isEmpty();
    }

    @Test
    void aFilterThatContradictsItselfIsRefused() {
        assertThatThrownBy(() -> found(false, component("user", Match.ANY, null), component("user", Match.DEFAULT, null))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> found(false, component("user", Match.EXACT, null))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> found(false, component("user", Match.DEFAULT, "ann"))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> found(false, component("", Match.ANY, null))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> found(false, component("ip", Match.ANY, null), component("user", Match.ANY, null))).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> found(false, component("group", Match.ANY, null))).isInstanceOf(UnsupportedVersionException.class);
    }
}
