package io.millrace.connect.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connect.TestPlugin;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.Test;

class CatalogTest {

    private static final String SINKS = "org.apache.kafka.connect.sink.SinkConnector";

    private final Catalog catalog = new Catalog();

    private static TestPlugin sinks(String version, String... classes) {
        return new TestPlugin("p", version, Map.of(SINKS, List.of(classes)));
    }

    private String found(Kind kind, String name) {
        return catalog.find(EnumSet.of(kind), name).map(Catalog.Entry::name).orElse(null);
    }

    @Test
    void aConnectorAnswersToItsFullNameItsSimpleNameAndItsAlias() {
        catalog.add(sinks("1", "org.example.FileStreamSinkConnector"));
        for (String name : List.of("org.example.FileStreamSinkConnector", "FileStreamSinkConnector", "FileStreamSink")) {
            assertThat(found(Kind.SINK, name)).as(name).isEqualTo("org.example.FileStreamSinkConnector");
        }
        assertThat(found(Kind.SINK, "Stream")).isNull();
        assertThat(found(Kind.SOURCE, "FileStreamSink")).isNull();
    }

    @Test
    void anAliasOfTwoClassesIsRefusedByName() {
        catalog.add(sinks("1", "a.JdbcSinkConnector", "b.JdbcSinkConnector"));
        assertThatThrownBy(() -> found(Kind.SINK, "JdbcSink")).hasMessageContaining("a.JdbcSinkConnector").hasMessageContaining("b.JdbcSinkConnector");
        assertThat(found(Kind.SINK, "b.JdbcSinkConnector")).isEqualTo("b.JdbcSinkConnector");
    }

    @Test
    void theStockHasKafkasConvertersAndTransformations() {
        String bytes = "org.apache.kafka.connect.converters.ByteArrayConverter";
        assertThat(found(Kind.CONVERTER, bytes)).isEqualTo(bytes);
        assertThat(catalog.find(EnumSet.of(Kind.CONVERTER), bytes).orElseThrow().provided().instantiate(Converter.class)).isNotNull();
        String value = "org.apache.kafka.connect.transforms.ReplaceField$Value";
        assertThat(found(Kind.TRANSFORMATION, value)).isEqualTo(value);
        assertThat(catalog.find(EnumSet.of(Kind.TRANSFORMATION), value).orElseThrow().provided().instantiate(Transformation.class)).isNotNull();
        assertThat(found(Kind.PREDICATE, "TopicNameMatches")).isEqualTo("org.apache.kafka.connect.transforms.predicates.TopicNameMatches");
    }

    @Test
    void aCandidateTakesAVersionsPlaceWithoutDisturbingTheCatalog() {
        TestPlugin old = sinks("1", "a.OldSinkConnector");
        TestPlugin fresh = sinks("2", "a.NewSinkConnector");
        catalog.add(old);
        Catalog after = catalog.with(old, fresh);
        assertThat(after.find(EnumSet.of(Kind.SINK), "NewSink")).isPresent();
        assertThat(after.find(EnumSet.of(Kind.SINK), "OldSink")).isEmpty();
        assertThat(found(Kind.SINK, "OldSink")).isEqualTo("a.OldSinkConnector");
    }

    @Test
    void aClassOfTheWrongTypeIsRefused() {
        Provided provided = new Provided(sinks("1"), "java.lang.Object");
        assertThatThrownBy(() -> provided.instantiate(Converter.class)).hasMessageContaining("java.lang.Object is no");
    }
}
