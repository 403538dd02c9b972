package observe

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skerry-edge/skerry/isolate"
)

// encodedItem is an Item as it goes from one process of a node to another.
type encodedItem struct {
	Record *encodedRecord   `json:"r,omitempty"`
	Line   *isolate.LogLine `json:"l,omitempty"`
}

// encodedRecord is a Record with all its fields, of which a line of the log shows a part.
type encodedRecord Record

// Encode returns the item for [DecodeItem] in another process.
func (i Item) Encode() ([]byte, error) {
	b, err := json.Marshal(encodedItem{(*encodedRecord)(i.Record), i.Line})
	if err != nil {
		return nil, fmt.Errorf("observe: encode an item: %w", err)
	}
	return b, nil
}

// DecodeItem reads what Encode has written.
func DecodeItem(b []byte) (Item, error) {
	var e encodedItem
	if err := json.Unmarshal(b, &e); err != nil {
		return Item{}, fmt.Errorf("observe: decode an item: %w", err)
	}
	if (e.Record == nil) == (e.Line == nil) {
		return Item{}, errors.New("observe: decode an item: it is neither a record nor a line")
	}
	return Item{(*Record)(e.Record), e.Line}, nil
}

// Function is whose item it is.
func (i Item) Function() string {
	if i.Record != nil {
		return i.Record.Function
	}
	return i.Line.Function
}

// Publish shows an item of another process to those who follow its function here. It is
// neither logged nor counted.
func (o *Observer) Publish(i Item) { o.tails.publish(i.Function(), i) }
