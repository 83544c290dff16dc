package demo

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/troth-ledger/troth/gen/pb"
)

// parcelDelivered: a buyer pays into the promise; the carrier's webhook says
// delivered in time; the seller is paid and gets its bond back.
func parcelDelivered(ctx context.Context, w *World) (*Row, error) {
	shop, err := w.Company("hearthgoods")
	if err != nil {
		return nil, err
	}
	carrier, err := w.Company("swiftparcel")
	if err != nil {
		return nil, err
	}
	buyer, err := w.Newcomer(ctx, "Ada", pb.PartyKind_PERSON)
	if err != nil {
		return nil, err
	}
	if err := w.Give(ctx, shop, 100_00); err != nil {
		return nil, err
	}
	if err := w.Give(ctx, buyer, 200_00); err != nil {
		return nil, err
	}
	template, err := w.Publish(ctx, shop, "parcel-by-date")
	if err != nil {
		return nil, err
	}
	deliverBy := time.Now().Add(24 * time.Hour)
	id, err := w.Offer(ctx, shop, &pb.OfferRequest{
		Template: template,
		Roles: []*pb.RoleBinding{
			{Role: "seller", Parties: []string{shop.Party}},
			{Role: "buyer", Parties: []string{buyer.Party}},
			{Role: "carrier", Parties: []string{carrier.Party}},
		},
		Terms: []*pb.NamedValue{
			{Name: "parcel", Value: &pb.Value{Value: &pb.Value_String_{String_: "a toaster"}}},
			{Name: "price", Value: &pb.Value{Value: &pb.Value_Amount{Amount: euros(120_00)}}},
			{Name: "penalty", Value: &pb.Value{Value: &pb.Value_Amount{Amount: euros(12_00)}}},
			{Name: "deliver_by", Value: &pb.Value{Value: &pb.Value_Time{Time: timestamppb.New(deliverBy)}}},
		},
		Subjects: []string{"parcel:JD014600003"},
	}, buyer)
	if err != nil {
		return nil, err
	}
	from := time.Now()
	if _, err := carrier.Do(ctx, &pb.SubmitFactRequest{Statements: []*pb.Statement{{
		Subject: "parcel:JD014600003", Kind: "delivered", At: timestamppb.Now(), Reference: "evt-1"}}}); err != nil {
		return nil, err
	}
	row, err := w.Settled(ctx, id, from)
	if err == nil && row.Outcome != "kept" {
		err = fmt.Errorf("outcome %s, expected kept", row.Outcome)
	}
	return row, err
}
